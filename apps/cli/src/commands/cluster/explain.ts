import { defineCommand } from '@ack-secret-manager/command-line'
import { EXPLAIN_FLAGS } from '../../explain/explain-flags.ts'

/** `acksm explain` */
export const explainCommand = defineCommand({
  name: 'explain',
  summary: 'Explain a reason of a resource: meaning, fix, commands.',
  description:
    'Prints what a reason of a condition means, what to do, what happens to the Secret and which commands help.\n' +
    'Without REASON it lists all reasons. Works without a cluster.',
  examples: [
    ['acksm explain Stale', 'a reason that `acksm status` or `kubectl get` shows'],
    ['acksm explain Throttled', 'an error code of a log line or a metric'],
    ['acksm explain -o json', 'all reasons, for a script'],
  ],
  argument: { name: 'REASON', completes: 'reason', help: 'The reason; case does not matter.', isOptional: true },
  flags: EXPLAIN_FLAGS,
  load: async () => (await import('../../explain/run-explain.ts')).runExplain,
})
