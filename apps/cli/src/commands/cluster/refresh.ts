import { defineCommand } from '@ack-secret-manager/command-line'
import { RESOURCE_HELP } from '../../kube/resource-help.ts'
import { REFRESH_FLAGS } from '../../refresh/refresh-flags.ts'

/** `acksm refresh` */
export const refreshCommand = defineCommand({
  name: 'refresh',
  summary: 'Let the operator read secrets now, and wait for the result.',
  description:
    'Sets the annotation alibabacloud.com/refresh-now. With --wait it ends when the operator has read every secret after that and has ' +
    'written the Secret, and exits with 1 and the reason if a secret cannot be read. A store selects the ExternalSecrets that use it.',
  examples: [
    ['acksm refresh web -n prod --wait', 'one ExternalSecret, after its secret was rotated'],
    ['acksm refresh store/kms -n prod --wait --timeout 5m', 'everything that uses a SecretStore'],
    ['acksm refresh -A', 'all, without waiting'],
  ],
  argument: { name: 'NAME', help: RESOURCE_HELP, completes: 'resource', isOptional: true },
  flags: REFRESH_FLAGS,
  load: async () => (await import('../../refresh/run-refresh.ts')).runRefresh,
})
