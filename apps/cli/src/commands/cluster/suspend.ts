import { defineCommand } from '@ack-secret-manager/command-line'
import { RESOURCE_HELP } from '../../kube/resource-help.ts'
import { SUSPEND_FLAGS } from '../../suspend/suspend-flags.ts'

/** `acksm suspend` */
export const suspendCommand = defineCommand({
  name: 'suspend',
  summary: 'Pause ExternalSecrets in a cluster.',
  description:
    'Sets spec.suspend: the operator neither reads the secrets nor writes the Secret, which stays as it is.\n' +
    'A store selects the ExternalSecrets that use it. For a ClusterExternalSecret, all its ExternalSecrets are suspended.',
  examples: [
    ['acksm suspend web -n prod', 'one ExternalSecret'],
    ['acksm suspend -l team=shop -n prod --dry-run', 'show which would be suspended'],
    ['acksm suspend store/kms -n prod', 'everything that uses a SecretStore'],
  ],
  argument: { name: 'NAME', help: RESOURCE_HELP, completes: 'resource', isOptional: true },
  flags: SUSPEND_FLAGS,
  load: async () => (await import('../../suspend/run-suspend.ts')).runSuspend,
})

/** `acksm resume` */
export const resumeCommand = defineCommand({
  name: 'resume',
  summary: 'Continue suspended ExternalSecrets in a cluster.',
  description: 'Removes spec.suspend: the operator reads the secrets and repairs the Secret at once.',
  examples: [
    ['acksm resume web -n prod', 'one ExternalSecret'],
    ['acksm resume -l team=shop -A', 'all with a label, in all namespaces'],
  ],
  argument: { name: 'NAME', help: RESOURCE_HELP, completes: 'resource', isOptional: true },
  flags: SUSPEND_FLAGS,
  load: async () => (await import('../../suspend/run-suspend.ts')).runResume,
})
