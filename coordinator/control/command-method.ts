/** The Command RPC. */
import { ProspectError } from '../../core/errors.js';
import { CommandRequest, CommandResponse, ControlServiceDefinition } from '../../proto/gen/prospect/v1/control.js';
import { decoded } from '../../proto/transport/duplex-call.js';
import type { StreamMethod } from '../../proto/transport/stream-server.js';
import type { Command } from '../machine/command.js';
import type { Control } from './control.js';

const { fullName, methods } = ControlServiceDefinition;

/** What a run says that ends by command. */
export const STOPPED = 'stopped by command';

export function commandMethod(control: Control): StreamMethod {
  return {
    path: `/${fullName}/${methods.command.name}`,
    async *serve(request) {
      const { token, command } = decoded(CommandRequest.decode, request);
      const acknowledged = await control.command(token, commandOf(command));
      yield () => [CommandResponse.encode(acknowledged).finish()];
    },
  };
}

function commandOf(command: CommandRequest['command']): Command {
  switch (command?.$case) {
    case 'pause':
    case 'resume':
    case 'snapshot':
    case 'evaluate':
      return { command: command.$case };
    case 'stop':
      return { command: 'stop', reason: STOPPED, snapshot: !command.value.withoutSnapshot };
    case 'workers':
      return { command: 'workers', ...command.value };
    case 'learningRate':
      return { command: 'learningRate', ...command.value };
    case undefined:
      throw new ProspectError('PROTOCOL', 'a command of another version of prospect; install the coordinator’s');
  }
}
