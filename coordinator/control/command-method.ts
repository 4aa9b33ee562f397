/** The Command RPC. */
import type { GivenCommand } from '../../core/control/messages.js';
import { ProspectError } from '../../core/errors.js';
import { CommandRequest, CommandResponse, ControlServiceDefinition } from '../../proto/gen/prospect/v1/control.js';
import { decoded } from '../../proto/transport/duplex-call.js';
import type { StreamMethod } from '../../proto/transport/streaming-call.js';
import { type Control, commandOf } from './control.js';

const { fullName, methods } = ControlServiceDefinition;

export function commandMethod(control: Control): StreamMethod {
  return {
    path: `/${fullName}/${methods.command.name}`,
    callers: 'operators',
    async *serve(request) {
      const { token, command } = decoded(CommandRequest.decode, request);
      const acknowledged = await control.command(token, commandOf(givenBy(command)));
      yield () => [CommandResponse.encode(acknowledged).finish()];
    },
  };
}

function givenBy(command: CommandRequest['command']): GivenCommand {
  switch (command?.$case) {
    case 'pause':
    case 'resume':
    case 'snapshot':
    case 'evaluate':
      return { command: command.$case };
    case 'stop':
      return { command: 'stop', snapshot: !command.value.withoutSnapshot };
    case 'workers':
      return { command: 'workers', ...command.value };
    case 'learningRate':
      return { command: 'learningRate', ...command.value };
    case undefined:
      throw new ProspectError('PROTOCOL', 'a command of another version of prospect; install the coordinator’s');
  }
}
