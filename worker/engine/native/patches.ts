/**
 * The changes that Prospect makes to its copy of tfjs-node's sources before it compiles and loads them. Each must
 * match exactly once: a source that changed is an error, not a patch that silently does nothing.
 */

import { setupError } from './failure.js';

export interface Patch {
  /** File inside the tfjs-node package. */
  readonly file: string;
  readonly why: string;
  readonly from: string;
  readonly to: string;
}

/** Node 23 took `isNullOrUndefined` and `isArray` out of `util`; this expression is `util` with both. */
const UTIL_WITH_REMOVED =
  '{ ...require("util"), isNullOrUndefined: (value) => value === null || value === undefined, isArray: Array.isArray }';

const STRING_VALUE = `      std::string str_value;
      nstatus = GetStringParam(env, js_value, str_value);`;

const STRING_LIST = `      if (IsArray(env, nstatus, &js_value)) {
        uint32_t length;
        nstatus = napi_get_array_length(env, js_value, &length);
        ENSURE_NAPI_OK(env, nstatus);
        std::vector<std::string> strings(length);
        std::vector<const void *> pointers(length);
        std::vector<size_t> lengths(length);
        for (uint32_t i = 0; i < length; ++i) {
          napi_value element;
          nstatus = napi_get_element(env, js_value, i, &element);
          ENSURE_NAPI_OK(env, nstatus);
          nstatus = GetStringParam(env, element, strings[i]);
          ENSURE_NAPI_OK(env, nstatus);
          pointers[i] = strings[i].data();
          lengths[i] = strings[i].size();
        }
        TFE_OpSetAttrStringList(tfe_op, attr_name, pointers.data(), lengths.data(),
                                static_cast<int>(length));
        break;
      }
`;

export const PATCHES: readonly Patch[] = [
  {
    file: 'binding/tfjs_backend.cc',
    why: 'a process-wide set without a lock: two threads that load the addon at once crash now and then',
    from: 'static std::set<std::string> ATTR_NAME_SET;',
    to: 'static thread_local std::set<std::string> ATTR_NAME_SET;',
  },
  {
    file: 'binding/tfjs_backend.cc',
    why: 'attributes that are lists of strings, which fused operations need',
    from: STRING_VALUE,
    to: `${STRING_LIST}${STRING_VALUE}`,
  },
  ...['dist/nodejs_kernel_backend.js', 'dist/kernels/TopK.js'].map((file) => ({
    file,
    why: 'runs on Node 23 and newer too',
    from: 'require("util")',
    to: UTIL_WITH_REMOVED,
  })),
];

/** The text with the patch applied; ENGINE_UNAVAILABLE when it does not match exactly once. */
export function applyPatch(text: string, patch: Patch): string {
  const parts = text.split(patch.from);
  if (parts.length === 2) return parts.join(patch.to);
  throw setupError(
    'fault',
    `Cannot patch ${patch.file} (${patch.why}): found the place ${parts.length - 1} times instead of once. Prospect pins another tfjs-node than this one.`,
  );
}
