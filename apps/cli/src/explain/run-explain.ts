import { type CommandCall, typedText, UsageError } from '@ack-secret-manager/command-line'
import { nextCommands } from '@ack-secret-manager/resource-view'
import { REASON_GUIDES, type ReasonGuide } from '@ack-secret-manager/resources'
import { type Paint, paintFor } from '../output/style.ts'
import { table } from '../output/table.ts'
import type { EXPLAIN_FLAGS } from './explain-flags.ts'
import { findGuides, suggestion } from './find-guides.ts'
import { jsonText } from '../output/json-text.ts'

/** `acksm explain` */
export async function runExplain({ flags, argument, io }: CommandCall<typeof EXPLAIN_FLAGS>): Promise<number> {
  const found = argument === '' ? { guides: REASON_GUIDES } : findGuides(argument)
  if (found === undefined) {
    const near = suggestion(argument)
    const hint = near === undefined ? 'acksm explain lists all' : `did you mean ${near}?`
    throw new UsageError(`unknown reason ${typedText(argument, 'word')}; ${hint}`)
  }
  const paint = paintFor(io)
  if (flags.output === 'json') io.stdout.write(jsonText({ reasons: found.guides.map(documentOf) }))
  else if (argument === '') io.stdout.write(listText(found.guides, paint))
  else {
    const texts = found.guides.map((guide) => guideText(guide, paint))
    const intro = 'code' in found ? `${found.code} is an error code. Its reason is:\n\n` : ''
    io.stdout.write(intro + texts.join('\n'))
  }
  return 0
}

function documentOf(guide: ReasonGuide): ReasonGuide & { readonly run: readonly string[] } {
  return { ...guide, run: nextCommands(guide.kind, guide.reason) }
}

function listText(guides: readonly ReasonGuide[], paint: Paint): string {
  const header = ['REASON', 'CONDITION', 'MEANS'].map((text) => ({
    text,
    paint: (shown: string) => paint('bold', shown),
  }))
  const rows = guides.map(({ kind, condition, reason, means }) => [
    { text: reason },
    { text: condition === 'Event' ? 'event' : `${kind} ${condition}` },
    { text: firstSentence(means) },
  ])
  return table([header, ...rows])
}

function guideText({ kind, condition, reason, means, cure, secret, retried, url }: ReasonGuide, paint: Paint): string {
  const parts: [string, string | undefined][] = [
    ['Means', means],
    ['Fix', cure],
    ['Secret', secret],
    ['Retried', retried],
  ]
  const lines = parts.flatMap(([label, text]) => (text === undefined ? [] : [`  ${label.padEnd(8)} ${text}`]))
  const [first = '', ...others] = nextCommands(kind, reason)
  const run = [`  ${'Run'.padEnd(8)} ${first}`, ...others.map((command) => `${' '.repeat(11)}${command}`)]
  const where = condition === 'Event' ? 'event' : `${kind}, condition ${condition}`
  const more = `  ${'More'.padEnd(8)} ${url}`
  return `${paint('bold', reason)} (${where})\n${[...lines, ...run, more].join('\n')}\n`
}

function firstSentence(text: string): string {
  return /^.*?\.(?= |$)/.exec(text)?.[0] ?? text
}
