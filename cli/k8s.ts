/** `prospect k8s …`: a run in a Kubernetes cluster. */
import { Command } from 'commander';
import { launchCommand } from './kubernetes/launch-command.js';
import { logsCommand } from './kubernetes/logs-command.js';
import { renderCommand } from './kubernetes/render-command.js';
import { scaleCommand } from './kubernetes/scale-command.js';
import { statusCommand } from './kubernetes/status-command.js';
import { stopCommand } from './kubernetes/stop-command.js';

export function k8sCommand(): Command {
  const command = new Command('k8s')
    .summary('a run in a Kubernetes cluster')
    .description(
      'Manifests of a run from its configuration, and the run in the cluster that kubectl is set to. Needs Kubernetes 1.31.',
    );
  for (const sub of [renderCommand, launchCommand, statusCommand, logsCommand, scaleCommand, stopCommand]) {
    command.addCommand(sub());
  }
  return command;
}
