import { UsageError } from '@ack-secret-manager/command-line'

/** What to do with the program when a value changes. */
export type WatchMode =
  | { readonly kind: 'once' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }

/** Signals for a reload. Others end most programs, or cannot be caught. */
const RELOAD_SIGNALS = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'] as const
const EXPECTED = `expected restart or ${RELOAD_SIGNALS.map((name) => `signal=${name.slice(3)}`).join(', ')}`

/** Parses `--watch`. @throws UsageError */
export function watchModeOf(text: string | undefined): WatchMode {
  if (text === undefined) return { kind: 'once' }
  if (text === 'restart') return { kind: 'restart' }
  const name = /^signal=(?:SIG)?([A-Z0-9]+)$/.exec(text)?.[1]
  const signal = RELOAD_SIGNALS.find((each) => each === `SIG${name}`)
  if (signal === undefined) throw new UsageError(`--watch: ${EXPECTED}`)
  return { kind: 'signal', signal }
}
