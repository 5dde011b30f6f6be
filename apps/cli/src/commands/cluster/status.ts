import { defineCommand } from '@ack-secret-manager/command-line'
import { RESOURCE_HELP } from '../../kube/resource-help.ts'
import { STATUS_FLAGS } from '../../status/status-flags.ts'

/** `acksm status` */
export const statusCommand = defineCommand({
  name: 'status',
  summary: 'Show what the operator did: failures by store and cause, or all about one resource.',
  description:
    'Without NAME: ExternalSecrets that are not Ready, grouped by store and cause, stores, ClusterExternalSecrets and PushSecrets.\n' +
    'With NAME: conditions, keys with secret and version, generated keys, rotation, last change and confirmation, Events, next refresh.\n' +
    'Works with the permissions of the kubeconfig, also while no operator runs. Exits with 1 if something is not Ready.',
  examples: [
    ['acksm status -A', 'everything that is not Ready, by cause'],
    ['acksm status -n prod -o wide', 'every ExternalSecret of a namespace'],
    ['acksm status web -n prod', 'all about one ExternalSecret'],
    ['acksm status store/kms -n prod', 'a SecretStore and what uses it'],
    ['acksm status -A -w', 'the same, kept up to date'],
  ],
  argument: { name: 'NAME', help: RESOURCE_HELP, completes: 'resource', isOptional: true },
  flags: STATUS_FLAGS,
  load: async () => (await import('../../status/run-status.ts')).runStatus,
})
