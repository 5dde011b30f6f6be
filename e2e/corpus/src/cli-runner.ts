import { lstat, mkdtempDisposable, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type CommandIo, runCommand } from '@ack-secret-manager/cli'
import type { CorpusCase } from './corpus.ts'
import { ACCESS_KEY_ENV, externalSecretOf, targetOf } from './manifest.ts'
import type { Outcome } from './outcome.ts'

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** The result of one ExternalSecret. */
interface SyncResult {
  readonly name: string
  readonly ready: boolean
  readonly reason: string
  readonly message: string
}

interface Written {
  readonly type: string
  readonly data: Readonly<Record<string, string>>
}

interface RenderedSecret {
  readonly metadata: { readonly name: string }
  readonly type: string
  readonly data?: Written['data']
  readonly stringData?: Written['data']
}

/**
 * Runs the cases through `acksm`: all valid ones together through `sync --out` and `render`, and each invalid one alone.
 * @param endpoint of KMS, `host:port`; this process must trust it
 * @param namespace of manifests that name none
 * @throws Error when files and rendered Secrets are not the same
 */
export async function runCli(
  cases: readonly CorpusCase[],
  endpoint: string,
  namespace: string = 'default',
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  const readable = cases.filter(({ expected }) => expected.kind !== 'invalid')
  await using temporary = await mkdtempDisposable(path.join(tmpdir(), 'acksm-corpus-'))
  const { path: folder } = temporary
  const flags = ['--endpoint', endpoint, '--namespace', namespace, '--timeout', '240s', '--output', 'json']
  const rendered = await acksm(['render', '-f', '-', '--show-values', ...flags], readable)
  const synced = await resultsOf(['sync', '-f', '-', '--out', path.join(folder, 'out'), ...flags], readable)
  const secrets = secretsOf(rendered)
  const files = await filesOf(path.join(folder, 'out', namespace))
  for (const one of readable) outcomes.set(one.id, outcomeOf(one, synced.get(one.id), secrets, files))
  for (const one of cases) {
    if (outcomes.has(one.id)) continue
    const { code, err } = await acksm(['render', '-f', '-', '--endpoint', endpoint], [one])
    outcomes.set(one.id, { kind: 'invalid', message: code === 2 ? err : `exit code ${code}: ${err}` })
  }
  return outcomes
}

/** Runs `acksm` with the manifests of the cases on stdin, and with the identity of the corpus. */
export async function acksm(argv: readonly string[], cases: readonly CorpusCase[]): Promise<Ran> {
  const objects = cases.flatMap((one) => [...one.objects, externalSecretOf(one)])
  const out: string[] = []
  const err: string[] = []
  const io: CommandIo = {
    stdout: { write: (chunk) => out.push(Buffer.from(chunk).toString()) },
    stderr: { write: (chunk) => err.push(Buffer.from(chunk).toString()) },
    stdin: once(objects.map((object) => JSON.stringify(object)).join('\n---\n')),
    env: ACCESS_KEY_ENV,
    cwd: '/',
    isTTY: { stdout: false, stderr: false },
    signal: new AbortController().signal,
  }
  return { code: await runCommand(argv, io), out: out.join(''), err: err.join('') }
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

/** Results of a sync by name. It is repeated for templates that a busy machine did not render, as the operator does. */
async function resultsOf(
  argv: readonly string[],
  cases: readonly CorpusCase[],
): Promise<ReadonlyMap<string, SyncResult>> {
  const results = new Map<string, SyncResult>()
  for (let left = cases; left.length > 0; left = left.filter(({ id }) => isBusy(results.get(id)))) {
    const ran = await acksm(argv, left)
    const { resources = [] } = parsed<{ resources: readonly SyncResult[] }>(ran)
    for (const { id } of left) {
      const result = resources.find(({ name }) => name === id)
      if (result === undefined) throw new Error(`${id} is not in the response: ${ran.err}`)
      results.set(id, result)
    }
  }
  return results
}

function isBusy(result: SyncResult | undefined): boolean {
  return result?.reason === 'InternalError' && result.message.includes('the machine was too busy to render it')
}

function outcomeOf(
  one: CorpusCase,
  result: SyncResult | undefined,
  secrets: ReadonlyMap<string, Written>,
  files: ReadonlyMap<string, Written['data']>,
): Outcome {
  if (result === undefined) throw new Error(`${one.id} has no result`)
  const target = targetOf(one)
  const [secret, data] = [secrets.get(target), files.get(target)]
  if (JSON.stringify(entries(secret?.data)) !== JSON.stringify(entries(data))) {
    throw new Error(`${one.id}: sync --out and render do not write the same`)
  }
  if (result.ready && secret !== undefined) return { kind: 'secret', ...secret }
  if (secret !== undefined) throw new Error(`${one.id} is ${result.reason}, but there is a Secret`)
  return { kind: 'refused', reason: result.reason, message: result.message }
}

function entries(data: Written['data'] | undefined): unknown {
  return data && Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function secretsOf(rendered: Ran): ReadonlyMap<string, Written> {
  const { items = [] } = parsed<{ items: readonly RenderedSecret[] }>(rendered)
  return new Map(
    items.map(({ metadata, type, data = {}, stringData = {} }) => {
      const texts = Object.entries(stringData).map(
        ([key, text]) => [key, Buffer.from(text).toString('base64')] as const,
      )
      return [metadata.name, { type, data: Object.fromEntries([...Object.entries(data), ...texts]) }]
    }),
  )
}

function parsed<ResponseBody>({ code, out, err }: Ran): Partial<ResponseBody> {
  if ((code !== 0 && code !== 1) || out === '') throw new Error(`exit code ${code}: ${err}`)
  return JSON.parse(out) as Partial<ResponseBody>
}

/** Targets below a directory, with their files as base64. */
async function filesOf(folder: string): Promise<ReadonlyMap<string, Written['data']>> {
  const targets = new Map<string, Written['data']>()
  for (const target of await readdir(folder)) {
    const location = path.join(folder, target)
    const names = (await readdir(location)).filter((name) => !name.startsWith('..'))
    const files = names.map(
      async (name) => [name, (await readFile(path.join(location, name))).toString('base64')] as const,
    )
    if ((await lstat(location)).isDirectory()) targets.set(target, Object.fromEntries(await Promise.all(files)))
  }
  return targets
}
