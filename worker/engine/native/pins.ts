/**
 * What a native engine is made of, by exact version and hash. pip and npm fetch it by name; the hash decides whether
 * it is what was reviewed. A new pin means a new recipe, so that caches with the old one are not taken for it.
 */

export type NativeEngineName = 'tensorflow' | 'tensorflow-gpu';

/** One archive of the npm registry. */
export interface NpmPin {
  readonly name: string;
  readonly version: string;
  /** npm's integrity string. */
  readonly integrity: string;
}

/** One wheel of the Python package index. */
export interface WheelPin {
  readonly name: string;
  readonly version: string;
  /** Hex. */
  readonly sha256: string;
}

/** Part of the engine's folder name: counts up when pins, patches, fused operations or layout change. */
export const RECIPE = 'r4';
export const TENSORFLOW_VERSION = '2.21.0';
export const TFJS_NODE_VERSION = '4.22.0';

export const TFJS_NODE: NpmPin = {
  name: '@tensorflow/tfjs-node',
  version: TFJS_NODE_VERSION,
  integrity: 'sha512-uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==',
};

/** The only run-time dependency of the part of tfjs-node that is used, besides TensorFlow.js itself. */
export const GOOGLE_PROTOBUF: NpmPin = {
  name: 'google-protobuf',
  version: '3.21.4',
  integrity: 'sha512-MnG7N936zcKTco4Jd2PX2U96Kf9PxygAPKBug+74LHzmHXmceN16MmRcdgZv+DGef/S9YvQAfRsNCn4cjf9yyQ==',
};

/** N-API is stable over Node versions, so these serve every Node and none needs to ship its own headers. */
export const NODE_API_HEADERS: NpmPin = {
  name: 'node-api-headers',
  version: '1.9.0',
  integrity: 'sha512-2oNILP4jXwRB4ywnYKjVk1YyJ96n2D4EOVJO6S3oYZ5PtbJrw3Yt9TpAuX3nBLMuzn74rnfGQrv13pS9vC+YiA==',
};

const TENSORFLOW_WHEELS: Readonly<Record<string, WheelPin>> = {
  'tensorflow x64': {
    name: 'tensorflow-cpu',
    version: TENSORFLOW_VERSION,
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  },
  // For this processor the plain package is the CPU one.
  'tensorflow arm64': {
    name: 'tensorflow',
    version: TENSORFLOW_VERSION,
    sha256: '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
  },
  'tensorflow-gpu x64': {
    name: 'tensorflow',
    version: TENSORFLOW_VERSION,
    sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
  },
};

/** NVIDIA's libraries, the newest that `tensorflow[and-cuda]` 2.21.0 allowed when it was pinned. */
const CUDA_WHEELS: readonly WheelPin[] = [
  {
    name: 'nvidia-cublas-cu12',
    version: '12.9.3.13',
    sha256: 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
  },
  {
    name: 'nvidia-cuda-cupti-cu12',
    version: '12.8.90',
    sha256: 'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182',
  },
  {
    name: 'nvidia-cuda-nvcc-cu12',
    version: '12.9.86',
    sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
  },
  {
    name: 'nvidia-cuda-nvrtc-cu12',
    version: '12.9.86',
    sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
  },
  {
    name: 'nvidia-cuda-runtime-cu12',
    version: '12.9.79',
    sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
  },
  {
    name: 'nvidia-cudnn-cu12',
    version: '9.28.0.42',
    sha256: '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
  },
  {
    name: 'nvidia-cufft-cu12',
    version: '11.4.1.4',
    sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
  },
  {
    name: 'nvidia-curand-cu12',
    version: '10.3.10.19',
    sha256: '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
  },
  {
    name: 'nvidia-cusolver-cu12',
    version: '11.7.5.82',
    sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
  },
  {
    name: 'nvidia-cusparse-cu12',
    version: '12.5.10.65',
    sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
  },
  {
    name: 'nvidia-nccl-cu12',
    version: '2.32.3',
    sha256: 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
  },
  {
    name: 'nvidia-nvjitlink-cu12',
    version: '12.9.86',
    sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
  },
];

/** The wheels of an engine on this platform; undefined where TensorFlow publishes none. */
export function wheelsFor(engine: NativeEngineName, platform: string, arch: string): readonly WheelPin[] | undefined {
  const tensorflow = platform === 'linux' ? TENSORFLOW_WHEELS[`${engine} ${arch}`] : undefined;
  if (tensorflow === undefined) return undefined;
  return engine === 'tensorflow-gpu' ? [tensorflow, ...CUDA_WHEELS] : [tensorflow];
}
