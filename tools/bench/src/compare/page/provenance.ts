import { CONTENDERS, GO_VERSION } from '../contenders/contenders.ts'
import type { RunRecord } from '../record/comparison.ts'

const NOT_AGAIN = ' These are its last figures; it was not measured again with the others.'

/** From where the figures are: commit, date, machine, load, and the executables of the Go operator. */
export function provenanceOf(runs: readonly RunRecord[]): readonly string[] {
  const newest = runs.toSorted((a, b) => a.at.localeCompare(b.at)).at(-1)
  const measured = CONTENDERS.flatMap(({ name, title }) => {
    const some = runs.filter(({ contender }) => contender === name)
    if (some.length === 0) return [`${title}: not measured.`]
    const older = some.filter(({ commit }) => commit !== newest?.commit).length
    const last = older === 0 ? '' : older === some.length ? NOT_AGAIN : ` ${older} of them are of an older commit.`
    return [
      `${title}: runs: ${some.length}, ${dates(some)}, commit ${unique(some.map(({ commit }) => commit))}.${last}`,
    ]
  })
  return [
    ...measured,
    `Machine: ${unique(
      runs.map(({ machine: { cpus, memoryGiB, system } }) => `${cpus} cores, ${memoryGiB} GiB, ${system}`),
      '; ',
    )}.`,
    `Node: ${unique(runs.map(({ machine }) => machine.node))}.`,
    ...builds(runs),
    `Load average before and after a run: ${loads(runs)}.`,
    `Polling interval: ${unique(runs.map(({ intervalMs }) => `${intervalMs / 1_000} s`))}. KMS latency: ${unique(runs.map(({ latencyMs }) => `${latencyMs} ms`))}.`,
  ]
}

const unique = (texts: readonly string[], separator: string = ', '): string => [...new Set(texts)].join(separator)

function dates(runs: readonly RunRecord[]): string {
  const days = runs.map(({ at }) => at.slice(0, 10)).sort()
  return unique([days[0] ?? '', days.at(-1) ?? ''], ' to ')
}

function loads(runs: readonly RunRecord[]): string {
  const values = runs.flatMap(({ load }) => load).sort((a, b) => a - b)
  const middle = values[Math.floor(values.length / 2)] ?? 0
  return `median ${middle.toFixed(1)}, from ${(values[0] ?? 0).toFixed(1)} to ${(values.at(-1) ?? 0).toFixed(1)}`
}

function builds(runs: readonly RunRecord[]): string[] {
  const lines = CONTENDERS.flatMap(({ name, title }) =>
    runs.flatMap(({ contender, go }) =>
      contender !== name || go === undefined
        ? []
        : [
            `${title}: ${GO_VERSION}, Go ${go.go}, SHA-256 \`${go.sha256.slice(0, 16)}…\`${go.note === undefined ? '' : `. ${go.note}`}`,
          ],
    ),
  )
  return [...new Set(lines)].map((text) => (text.endsWith('.') ? text : `${text}.`))
}
