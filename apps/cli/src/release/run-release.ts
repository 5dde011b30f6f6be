import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import { withKube } from '../kube/kube-session.ts'
import { printChanges } from '../kube/print-changes.ts'
import { during, READING_CLUSTER } from '../output/progress.ts'
import { requiredSelectionOf } from '../kube/select-external-secrets.ts'
import type { RELEASE_FLAGS } from './release-flags.ts'
import { releasePushSecrets } from './release-push-secrets.ts'

const CHOICES = 'one PushSecret (NAME), those with labels (-l LABEL=VALUE), or all of them (-A)'

/** `acksm release` */
export function runRelease(call: CommandCall<typeof RELEASE_FLAGS>): Promise<number> {
  const { flags, io, argument } = call
  const { ref, selector, isEverywhere, namespace } = requiredSelectionOf(call, {
    verb: 'release',
    choices: CHOICES,
    pushSecrets: true,
  })
  // Without a kind it is the name of a PushSecret.
  if (ref && ref.kind !== 'ExternalSecret' && ref.kind !== 'PushSecret')
    throw new UsageError(`${argument}: expected the name of a PushSecret`)
  return withKube({ flags, io, timeoutMs: flags.timeout }, async ({ reader, namespace: context, log }) => {
    const scope = { name: ref?.name, namespace: isEverywhere ? undefined : (namespace ?? context), selector }
    const results = await during(io, () => READING_CLUSTER, releasePushSecrets(reader, scope, flags['dry-run']))
    if (results.length === 0) log.info('no PushSecret matches; nothing to release')
    return printChanges(results, flags.output, io)
  })
}
