import type { CorpusCase } from './corpus.ts'

/** Result of a case in the CLI or the operator. Values are base64, by key. */
export type Outcome =
  | { readonly kind: 'secret'; readonly type: string; readonly data: Readonly<Record<string, string>> }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string }
  | { readonly kind: 'invalid'; readonly message: string }

/** The difference between an outcome and the expected one, as text for a test; undefined if there is none. */
export function differenceOf({ expected }: CorpusCase, outcome: Outcome | undefined): object | undefined {
  if (outcome?.kind !== expected.kind) return { expected, outcome }
  if (expected.kind === 'secret' || outcome.kind === 'secret') {
    return sorted(expected) === sorted(outcome) ? undefined : { expected, outcome }
  }
  const isReason = expected.kind !== 'refused' || (outcome.kind === 'refused' && outcome.reason === expected.reason)
  return isReason && expected.says.every((part) => outcome.message.includes(part)) ? undefined : { expected, outcome }
}

/** A Secret as text, with sorted keys. */
function sorted(secret: object): string {
  const { type, data } = secret as Extract<Outcome, { kind: 'secret' }>
  return JSON.stringify([type, Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1))])
}
