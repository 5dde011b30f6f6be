import type { RequestCounts } from '@ack-secret-manager/testenv'
import { CONTENDERS, type Contender, GO_VERSION, SHARED_USERS } from '../contenders/contenders.ts'
import type { Comparison, RunRecord } from '../record/comparison.ts'
import { type Figure, type FigureGroup, FIGURES, SHARED_FIGURES } from './figures.ts'
import { lossesOf } from './losses.ts'
import { round, type Spread, spreadOf, writeSpread } from './median.ts'
import { provenanceOf } from './provenance.ts'
import { unfinishedOf } from './unfinished.ts'

/** Size as readers see it. */
const sizeText = (resources: number): string => resources.toLocaleString('en-US')

/** The page of a comparison: a function of its figures only. */
export function renderPage(comparison: Comparison): string {
  const { runs } = comparison
  const sections = [
    '# Benchmark',
    INTRODUCTION,
    runs.length === 0 ? 'There are no figures yet.' : '![Bars of the most important figures](plot.svg)',
    '## Contenders',
    table(['Name', 'Flags', 'About'], CONTENDERS.map(contenderRow)),
    ...(runs.length === 0 ? [] : [...resultSections(runs), ...circumstances(runs)]),
    REPEAT,
  ]
  return `${sections.join('\n\n')}\n`
}

const INTRODUCTION = `\`npm run bench -- --compare\` measures this operator, the Go operator ack-secret-manager ${GO_VERSION}, and a bare loader.
Each run has an API server of its own and a KMS simulator that answers after 5 ms. This page is generated from
[figures.json](figures.json).

A cell is the median of its runs. The lowest and the highest follow in parentheses, unless there was one run or they are equal. "–" means that
a figure does not exist or that the scenario passed its deadline.`

const REPEAT = `## How to repeat it

\`\`\`sh
npm ci
npm run bench -- --compare --go-operator ./ack-secret-manager
\`\`\`

- \`--go-operator\` is the executable of the Go operator ${GO_VERSION} for Linux: \`/bin/ack-secret-manager\` in its published image.
  Without it only this operator and the loader are measured, and the page keeps the last figures of the Go operator.
- \`--go-uncapped\` is an executable without the rate limit of its Kubernetes client. No flag removes that limit.
- The Go operator needs no patch. It runs in a mount namespace (\`unshare\`) with the namespace file of a Pod, and with its metrics on
  port 8080. If an executable differs from the release, \`--go-note\` says how, for the list under Circumstances.
- Each operator has its own CRDs.
- \`--sizes 100 --runs 1 --output out\` is a quick look. \`--resume\` goes on after an interruption. \`--help\` has all flags.`

function contenderRow({ title, flags, about }: Contender): readonly string[] {
  return [title, flags.map((flag) => `\`${flag}\``).join(' ') || '–', about]
}

function resultSections(runs: readonly RunRecord[]): string[] {
  const single = runs.filter(({ users }) => users === 1)
  const shared = runs.filter(({ users }) => users === SHARED_USERS)
  const hasGo = CONTENDERS.some(({ name, kind }) => kind === 'go' && runs.some(({ contender }) => contender === name))
  const unfinished = unfinishedOf(runs)
  return [
    '## Where this operator needs more',
    ...(hasGo ? lossSection(lossesOf(runs)) : ['The Go operator was not measured.']),
    ...sizesOf(single).flatMap((size) => sizeSection(single, size)),
    ...sizesOf(shared).flatMap((size) => [
      `## ${SHARED_FIGURES.title}, ${sizeText(size)} resources`,
      SHARED_FIGURES.about,
      figureTable(SHARED_FIGURES, ofSize(shared, size)),
    ]),
    '## Requests of a first sync',
    'Requests to the API server for each resource, without watches and Leases. Those of fewer than half of the resources are left out.',
    requestTable(single),
    ...(unfinished.length === 0 ? [] : ['## Scenarios that passed their deadline', bullets(unfinished, '')]),
  ]
}

function lossSection(losses: ReturnType<typeof lossesOf>): string[] {
  return [
    'Figures in which this operator with default flags needs over 5 % more than the best variant of the Go operator:',
    losses.length === 0 ? 'None.' : table(['Resources', 'Figure', 'ours', 'best Go'], losses),
  ]
}

function sizeSection(runs: readonly RunRecord[], size: number): string[] {
  const some = ofSize(runs, size)
  return [
    `## ${sizeText(size)} resources`,
    ...FIGURES.flatMap((group) => {
      const text = figureTable(group, some)
      return text === '' ? [] : [`### ${group.title}, ${sizeText(size)}`, group.about, text]
    }),
  ]
}

function circumstances(runs: readonly RunRecord[]): string[] {
  return ['## Circumstances', bullets(provenanceOf(runs), ''), READING]
}

const READING = `Operator, API server, etcd and simulator share the cores of one machine. Ratios between columns of one table are more reliable
than times. CPU time is that of \`/proc/PID/stat\`, peak RSS is \`VmHWM\`, requests come from the audit log, KMS calls from the simulator.`

const sizesOf = (runs: readonly RunRecord[]): number[] =>
  [...new Set(runs.map(({ resources }) => resources))].sort((a, b) => a - b)
const ofSize = (runs: readonly RunRecord[], size: number): RunRecord[] =>
  runs.filter(({ resources }) => resources === size)

/** Runs of each contender that has some, in the order of the columns. */
function columnsOf(runs: readonly RunRecord[]): { readonly contender: Contender; readonly runs: RunRecord[] }[] {
  return CONTENDERS.map((contender) => ({
    contender,
    runs: runs.filter((run) => run.contender === contender.name),
  })).filter((column) => column.runs.length > 0)
}

/** A figure over some runs. */
function figureSpread({ of }: Figure, runs: readonly RunRecord[]): Spread | undefined {
  return spreadOf(runs.map(of).filter((value) => value !== undefined))
}

/** @returns an empty text if there are no figures */
function figureTable({ figures }: FigureGroup, runs: readonly RunRecord[]): string {
  const hasFigures = (some: readonly RunRecord[]): boolean => figures.some((figure) => figureSpread(figure, some))
  if (!hasFigures(runs)) return ''
  // An operator without figures has passed its deadline; the loader does not take part in all scenarios.
  const columns = columnsOf(runs).filter((column) => column.contender.kind !== 'loader' || hasFigures(column.runs))
  const rows = figures.map((figure) => [
    figure.title,
    ...columns.map((column) => {
      const spread = figureSpread(figure, column.runs)
      return spread === undefined ? '–' : writeSpread(spread)
    }),
  ])
  return table(['', ...columns.map(({ contender }) => contender.title)], rows)
}

/** Share of resources below which a request is left out. */
const RARE = 0.5

function requestTable(runs: readonly RunRecord[]): string {
  const [smallest] = sizesOf(runs)
  const rows = columnsOf(ofSize(runs, smallest ?? 0)).map(({ contender, runs: [run] }) => [
    contender.title,
    run === undefined ? '–' : requestText(run.firstSync.requests, run.resources),
  ])
  return table(['', `Requests, ${sizeText(smallest ?? 0)} resources`], rows)
}

function requestText(requests: RequestCounts, resources: number): string {
  return Object.entries(requests)
    .filter(([, count]) => count / resources >= RARE)
    .map(([what, count]) => `${round(count / resources)} ${what}`)
    .join(', ')
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}

function bullets(lines: readonly string[], none: string): string {
  return lines.length === 0 ? none : lines.map((text) => `- ${text}`).join('\n')
}
