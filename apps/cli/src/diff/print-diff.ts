import type { CommandIo } from '@ack-secret-manager/command-line'
import { isGenerated } from '@ack-secret-manager/sync-engine'
import { printable } from '../output/printable.ts'
import { type Paint, paintFor } from '../output/style.ts'
import { isFailure, lineOf, type ResourceResult } from '../sync/resource-result.ts'
import type { RestartDiff } from './dry-run-restarter.ts'
import type { FieldDiff, KeyDiff, MetadataDiff, Origin, TargetDiff } from './target-diff.ts'
import { jsonText } from '../output/json-text.ts'

/** Everything that a diff has found. */
export interface DiffReport {
  readonly changes: readonly TargetDiff[]
  readonly restarts: readonly RestartDiff[]
  readonly results: readonly ResourceResult[]
  /** `Secret`, or `files` of a directory. */
  readonly what: 'Secret' | 'files'
}

const SIGNS = {
  added: '+',
  changed: '~',
  removed: '-',
  restored: '~',
  overwritten: '~',
  adopted: ' ',
  version: ' ',
} as const
const COLOURS = { '+': 'green', '-': 'red', '~': 'yellow' } as const
const NOTES: Readonly<Partial<Record<KeyDiff['change'], string>>> = {
  restored: 'changed by another client, restored',
  overwritten: 'exists with another value, overwritten',
  adopted: 'exists with this value, adopted',
  version: 'same value',
}

const REMOVED = 'removed by another client, restored'

/** Prints a diff: lines, or one JSON document. */
export function printDiff(report: DiffReport, output: 'human' | 'json', io: CommandIo): void {
  const { changes, restarts, results } = report
  const failures = results.filter(isFailure)
  const suspended = results.filter((result) => !result.ready && !isFailure(result)).map(resourceName)
  if (output === 'json') {
    io.stdout.write(jsonText({ changes, restarts, failures, suspended }))
    return
  }
  const paint = paintFor(io)
  const lines = [
    ...changes.flatMap((change) => targetLines(change, report.what, paint)),
    ...restarts.map(({ kind, namespace, name, note }) =>
      paint('bold', `${kind} ${namespace}/${name}: restart${note === undefined ? '' : ` (${note})`}`),
    ),
    ...suspended.map((name) => `ExternalSecret ${name}: suspended, so nothing changes`),
    summaryOf(report, failures.length),
  ]
  for (const line of lines) io.stdout.write(`${line}\n`)
  for (const failure of failures) {
    io.stderr.write(`acksm: ${printable(`ExternalSecret ${resourceName(failure)}: ${lineOf(failure)}`)}\n`)
  }
}

function targetLines(diff: TargetDiff, what: DiffReport['what'], paint: Paint): readonly string[] {
  const { namespace, name, action, by, keys, metadata, owner } = diff
  const fields = [
    ...fieldLine('type', diff.type),
    ...fieldLine('immutable', diff.immutable),
    ...(action === 'create' || owner.before === owner.after ? [] : fieldLine('owner', owner)),
    ...fieldLine('deletionPolicy', diff.deletionPolicy),
    ...fieldLine('deleted with its ExternalSecret', diff.isGarbageCollected),
  ]
  const lines = [
    ...keys.map((key) => keyLine(key, paint)),
    ...metadata.map((one) => metadataLine(one, paint)),
    ...fields,
  ]
  const head = printable(`${what} ${namespace}/${name}: ${action} by ExternalSecret ${by}`)
  return [paint('bold', head), ...(lines.length === 0 ? ['    its record is updated'] : lines)]
}

function keyLine({ key, change, before, after }: KeyDiff, paint: Paint): string {
  const from = originText(before)
  const to = originText(after)
  const isSecret = before?.secret === after?.secret
  const origin =
    from !== '' && to !== '' && from !== to
      ? `${from} → ${isSecret ? (after?.version ?? '') : to}`
      : [to || from].join('')
  const isNew = change === 'changed' && isGenerated(after?.secret ?? '')
  const isOtherValue = change === 'changed' && from === to
  const isRemoved = change === 'restored' && before === undefined
  const noted = isNew
    ? 'new value'
    : isOtherValue
      ? 'another value of the same version'
      : isRemoved
        ? REMOVED
        : NOTES[change]
  const note = noted === undefined ? '' : ` (${noted})`
  return painted(isRemoved ? '+' : SIGNS[change], `${key}  ${origin}${note}`, paint)
}

function metadataLine({ name, change }: MetadataDiff, paint: Paint): string {
  const [, kind = '', key = ''] = /^(label|annotation)s\/(.*)$/s.exec(name) ?? []
  return painted(SIGNS[change], `${kind} ${key}`, paint)
}

function painted(sign: '+' | '-' | '~' | ' ', text: string, paint: Paint): string {
  const line = `  ${sign} ${printable(text)}`
  return sign === ' ' ? line : paint(COLOURS[sign], line)
}

function fieldLine(name: string, field: FieldDiff<string | boolean> | undefined): readonly string[] {
  if (field === undefined) return []
  return [printable(`    ${name}: ${field.before ?? 'none'} → ${field.after ?? 'none'}`)]
}

function originText(origin: Origin | undefined): string {
  if (origin === undefined) return ''
  // The version of a generated value is the time of this run.
  return isGenerated(origin.secret) ? origin.secret : `${origin.secret} ${origin.version}`
}

function summaryOf({ changes, restarts, results }: DiffReport, failures: number): string {
  const targets = new Set(changes.map(({ namespace, name }) => `${namespace}/${name}`)).size
  const parts = [
    ...(targets > 0 ? [counted(targets, 'change')] : []),
    ...(restarts.length > 0 ? [counted(restarts.length, 'restart')] : []),
    ...(failures > 0 ? [`${failures} of ${counted(results.length, 'ExternalSecret')} failed`] : []),
  ]
  if (parts.length > 0) return parts.join(', ')
  return `no changes: ${counted(results.length, 'ExternalSecret')} up to date`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function resourceName({ namespace, name }: ResourceResult): string {
  return `${namespace}/${name}`
}
