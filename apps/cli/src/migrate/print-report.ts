import type { OutputStream } from '@ack-secret-manager/command-line'
import { printable } from '../output/printable.ts'
import type { Paint } from '../output/style.ts'
import { type Cell, table } from '../output/table.ts'
import type { Finding, Outcome } from './findings.ts'
import { type Migrated, resourceText } from './migrated.ts'

const HEADER = ['RESULT', 'RESOURCE', 'FIELD', 'WHY, AND WHAT TO DO']
const OUTCOMES: Readonly<Record<Outcome, string>> = {
  converted: 'converted',
  suspended: 'suspended',
  'not-converted': 'not converted',
}
/** Locations that are listed for one changed meaning; the others are counted. */
const MAX_PLACES = 3

/** Prints the report: resources to review, then changed meanings, then totals. */
export function printReport(resources: readonly Migrated[], stream: OutputStream, paint: Paint): void {
  const rows = resources.flatMap((migrated) =>
    migrated.findings.filter(needsLook).map((finding): readonly Cell[] => rowOf(migrated, finding, paint)),
  )
  if (rows.length > 0) {
    const header = HEADER.map((text): Cell => ({ text, paint: (shown) => paint('bold', shown) }))
    stream.write(`${table([header, ...rows])}\n`)
  }
  const changes = changesOf(resources)
  if (changes.size > 0) stream.write(`${paint('bold', 'CHANGED MEANING')}\n`)
  for (const [change, places] of changes) {
    const more = places.length > MAX_PLACES ? `, and ${places.length - MAX_PLACES} more` : ''
    stream.write(`- ${printable(change)}\n  ${printable(places.slice(0, MAX_PLACES).join(', '))}${more}\n`)
  }
  stream.write(`${changes.size > 0 ? '\n' : ''}${summary(resources)}\n`)
}

function rowOf({ resource, outcome }: Migrated, finding: Finding, paint: Paint): readonly Cell[] {
  const isSmall = finding.effect === 'left-out'
  return [
    { text: isSmall ? 'left out' : OUTCOMES[outcome], paint: (text) => paint(isSmall ? 'yellow' : 'red', text) },
    { text: resourceText(resource) },
    { text: finding.field },
    { text: sentence(finding) },
  ]
}

/** Changed meanings in converted resources, each with its locations. */
function changesOf(resources: readonly Migrated[]): ReadonlyMap<string, readonly string[]> {
  const changes = new Map<string, string[]>()
  for (const { resource, outcome, findings } of resources) {
    for (const finding of outcome === 'not-converted' ? [] : findings) {
      if (needsLook(finding)) continue
      const places = changes.get(sentence(finding)) ?? []
      places.push(`${resourceText(resource)} ${finding.field}`)
      changes.set(sentence(finding), places)
    }
  }
  return changes
}

function sentence({ what, todo }: Finding): string {
  return todo === undefined ? what : `${what}: ${todo}`
}

function summary(resources: readonly Migrated[]): string {
  const outcomes = Object.entries(OUTCOMES).flatMap(([outcome, words]) => {
    const count = resources.filter((each) => each.outcome === outcome).length
    return count === 0 ? [] : [`${count} ${words}`]
  })
  const carried = resources.reduce((sum, each) => sum + each.carried.length, 0)
  const changed = [...changesOf(resources).values()].reduce((sum, places) => sum + places.length, 0)
  const lost = resources.reduce((sum, { findings }) => sum + findings.filter(needsLook).length, 0)
  return `${resources.length} resources: ${outcomes.join(', ')}; ${carried} fields kept, ${changed} changed in meaning, ${lost} left out`
}

/** Whether a finding is more than a changed meaning. */
export function needsLook({ effect }: Finding): boolean {
  return effect !== 'changed'
}
