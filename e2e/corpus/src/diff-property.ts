import type { CorpusCase } from './corpus.ts'
import { acksm } from './cli-runner.ts'
import { targetOf } from './manifest.ts'

/** Where `diff` compares and `sync` writes. */
export interface DiffTarget {
  /** Flags of both commands. */
  readonly flags: readonly string[]
  /** A version of each target, which changes with every write. */
  versions(): Promise<ReadonlyMap<string, string>>
  /** Changes a target as another client does; `n` numbers the edits. */
  edit(name: string, n: number): Promise<void>
}

/** One comparison of `diff` with the `sync` that follows. */
export interface DiffRound {
  readonly state: string
  /** Targets that `diff` says would change. */
  readonly announced: readonly string[]
  /** Targets that `sync` wrote. */
  readonly written: readonly string[]
  /** Targets that `diff` itself has written. */
  readonly writtenByDiff: readonly string[]
  /** Exit code 1 without failures, for changes. */
  readonly code: number
  readonly failures: number
  /** Stdout and stderr of `diff`. */
  readonly output: string
}

/** Every n-th case, or all in a nightly run. */
export function everyNth(cases: readonly CorpusCase[], n: number, first: number): readonly CorpusCase[] {
  return process.env['CORPUS_DIFF'] === 'all' ? cases : cases.filter((_, index) => index % n === first)
}

/** Topics of the cases that are compared. */
export function comparedTopics(cases: readonly CorpusCase[]): ReadonlySet<string> {
  return new Set(comparable(cases).map(({ topic }) => topic))
}

/** Cases with a valid spec. */
function comparable(cases: readonly CorpusCase[]): readonly CorpusCase[] {
  return cases.filter(({ expected }) => expected.kind !== 'invalid')
}

interface Step {
  readonly state: string
  /** Before the comparison. */
  readonly prepare: (cases: readonly CorpusCase[]) => Promise<readonly CorpusCase[]>
}

/** Compares `diff` with `sync` in one state after another. @param put changes a secret in KMS */
export async function compareWithSync(
  cases: readonly CorpusCase[],
  target: DiffTarget,
  put: (secret: string, body: object) => Promise<unknown>,
): Promise<readonly DiffRound[]> {
  const rounds: DiffRound[] = []
  let current = comparable(cases)
  for (const { state, prepare } of stepsFor(target, put)) {
    current = [...(await prepare(current))]
    const before = await target.versions()
    const diff = await acksm(['diff', '-f', '-', ...target.flags], current)
    const between = await target.versions()
    const { changes, failures } = JSON.parse(diff.out) as { changes: { name: string }[]; failures: unknown[] }
    const sync = await acksm(['sync', '-f', '-', ...target.flags], current)
    if (sync.code > 1) throw new Error(`${state}: ${sync.err}`)
    rounds.push({
      state,
      announced: [...new Set(changes.map(({ name }) => name))].toSorted(),
      written: changed(between, await target.versions()),
      writtenByDiff: changed(before, between),
      code: diff.code,
      failures: failures.length,
      output: diff.out + diff.err,
    })
  }
  return rounds
}

function stepsFor(target: DiffTarget, put: (secret: string, body: object) => Promise<unknown>): readonly Step[] {
  const same = (cases: readonly CorpusCase[]) => Promise.resolve(cases)
  return [
    { state: 'nothing is there', prepare: same },
    { state: 'everything was just synced', prepare: same },
    {
      state: 'some secrets have new versions, with the same or another value',
      prepare: async (cases) => {
        for (const [index, { name, versions }] of cases.flatMap(({ secrets }) => secrets).entries()) {
          const value = versions[0]?.dataBase64 ?? ''
          if (index % 3 === 0) await put(name, { versionId: 'round-2', dataBase64: value })
          if (index % 3 === 1) await put(name, { versionId: 'round-2', data: `{"round":"two","n":${index}}` })
        }
        return cases
      },
    },
    {
      state: 'another client has edited some targets',
      prepare: async (cases) => {
        const written = await target.versions()
        for (const [index, name] of [...written.keys()].entries()) if (index % 4 === 0) await target.edit(name, index)
        return cases
      },
    },
    {
      state: 'some manifests have changed',
      prepare: (cases) => Promise.resolve(cases.map((one, index) => withOtherSpec(one, index % 7))),
    },
    { state: 'everything was synced again', prepare: same },
  ]
}

function withOtherSpec(one: CorpusCase, kind: number): CorpusCase {
  const settings = one.spec['target'] ?? {}
  const changes: readonly object[] = [
    { target: { ...settings, deletionPolicy: 'Retain' } },
    { type: 'example.com/other' },
    { suspend: true },
    { target: { ...settings, name: `moved-${targetOf(one)}` } },
    { onKeyFailure: 'Block' },
  ]
  return { ...one, spec: { ...one.spec, ...changes[kind] } }
}

function changed(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].filter((name) => before.get(name) !== after.get(name)).toSorted()
}
