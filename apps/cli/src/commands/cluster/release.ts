import { defineCommand } from '@ack-secret-manager/command-line'
import { RELEASE_FLAGS } from '../../release/release-flags.ts'

/** `acksm release` */
export const releaseCommand = defineCommand({
  name: 'release',
  summary: 'Let PushSecrets be deleted without the operator.',
  description:
    'Removes the finalizer of PushSecrets with deletionPolicy: Delete. Use it when the operator no longer pushes, as after ' +
    'processPushSecret was switched off: otherwise their deletion, and that of their namespace, waits.\n' +
    'Nothing changes in KMS; the output names the KMS secrets that stay. An operator that pushes sets the finalizer again.',
  examples: [
    ['acksm release -A --dry-run', 'show which have the finalizer'],
    ['acksm release web -n shop', 'one PushSecret'],
    ['acksm release -A', 'all, after processPushSecret was switched off'],
  ],
  argument: {
    name: 'NAME',
    help: 'A PushSecret: NAME, NAMESPACE/NAME or push/NAME.',
    completes: 'push-secret',
    isOptional: true,
  },
  flags: RELEASE_FLAGS,
  load: async () => (await import('../../release/run-release.ts')).runRelease,
})
