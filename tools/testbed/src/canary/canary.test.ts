import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { OperatorProcess } from '../processes/operator-process.ts'
import { Program } from '../processes/program.ts'
import { canary, collect, plant } from './canary.ts'
import { CanaryReporter } from './canary-reporter.ts'
import { CanaryRun } from './canary-run.ts'
import { BYTE_ENCODINGS, ENCODINGS, HASHES } from './encodings.ts'
import { findLeaks } from './find-leaks.ts'
import { LeakScanner } from './leak-scanner.ts'
import { plantSeed } from './plant-seed.ts'

const VALUE = 'canary-of-"no one"/1?2&3<4>'

describe('findLeaks', () => {
  it.each([...ENCODINGS, ...BYTE_ENCODINGS, ...HASHES])('finds a value %s', (_how, encode) =>
    expect(findLeaks(`{"said":"${encode(VALUE)}","more":1}`, ['another value', VALUE])).toEqual([VALUE]),
  )

  it('finds nothing in what holds nothing', () =>
    expect(findLeaks(`canary-of-no-one ${'YWJj'.repeat(100)} ${'0'.repeat(64)}`, [VALUE])).toEqual([]))
})

it('finds a leak in a file of many pieces, also on the border of two, and says in which line', () => {
  const run = CanaryRun.begin({})
  const file = path.join(run.directory, 'long.log')
  const line = `${'x'.repeat(1_023)}\n`
  writeFileSync(file, line.repeat(4_095))
  appendFileSync(file, `${'x'.repeat(1_014)}${VALUE}\n${line.repeat(5_000)}${VALUE}\n`)
  const { leaks, bytes } = new LeakScanner({ values: [{ label: 'v', value: VALUE }] }).scanFile(file)
  expect(leaks.map(({ label, form, line: at }) => [label, form, at])).toEqual([
    ['v', 'raw', 4_096],
    ['v', 'raw', 9_097],
  ])
  expect(bytes).toBe(readFileSync(file).length)
  run.end()
})

describe('a test run', () => {
  let run: CanaryRun
  let said: string[]
  let reporter: CanaryReporter

  beforeEach(() => {
    run = CanaryRun.begin({})
    vi.stubEnv('CANARY_RUN_DIR', run.directory)
    said = []
    reporter = new CanaryReporter({ run, write: (text) => said.push(text) })
  })
  afterEach(() => {
    run.end()
    vi.unstubAllEnvs()
    process.exitCode = undefined
  })

  it('has its own canaries, each the same wherever it is asked for', () => {
    expect(canary('key')).toMatch(/^canary-[0-9a-z]{12}-key$/)
    expect(canary('key')).toBe(canary('key'))
    const other = CanaryRun.begin({})
    expect(canary('key')).not.toContain(other.marker)
    other.end()
    expect(() => plant('too short', 'x')).toThrow('too short: expected at least 8 ASCII characters')
  })

  it('knows the secrets of an example, but for what its manifests say themselves', () => {
    const versions = (data: string): { data: string }[] => [{ data }]
    const seed = {
      accessKeys: [{ id: 'LTAI5tExample', secret: 'example-key-secret' }],
      instances: [{ clientKeys: [{ id: 'KAAP.example', password: 'example-password' }] }],
      parameters: [{ name: 'parameter', value: 'parameter-value' }],
      secrets: [
        { name: 'document', versions: versions('{"password":"member-value","host":"from-manifest"}') },
        { name: 'db-password', versions: versions('db-password') },
        { name: 'short', versions: versions('short') },
      ],
    }
    plantSeed(seed, 'host: from-manifest')
    expect(run.planted.map(({ value }) => value)).toEqual([
      'example-key-secret',
      'example-password',
      'parameter-value',
      '{"password":"member-value","host":"from-manifest"}',
      'member-value',
    ])
  })

  it('tells how much was searched, and keeps nothing of it', () => {
    canary('key')
    canary('other')
    plant('a private key', 'MIIEvQIBADANBg')
    collect('metrics', 'up 1\n')
    reporter.onUserConsoleLog({ type: 'stdout', content: 'all is well\n' })
    reporter.onTestRunEnd()
    expect(said).toEqual(['canary scan: 3 values, 0.0 MB in 2 files, 0 hits\n'])
    expect(reporter.leaks).toBe(0)
    expect(readdirSync(run.directory).filter((file) => file.endsWith('.log'))).toEqual([])
  })

  const program = async (code: string): Promise<void> => {
    const script = path.join(run.directory, 'program.mjs')
    writeFileSync(script, code)
    await Program.start({ name: 'a program', script, args: [] }).exited
  }
  const channels: readonly [string, (text: string) => Promise<void> | void, RegExp][] = [
    ['stdout of a program', (text) => program(`console.log(${JSON.stringify(text)})`), /a-program-\d+\.log:1$/],
    ['stderr of a program', (text) => program(`console.error(${JSON.stringify(text)})`), /a-program-\d+\.log:1$/],
    ['output of a test', (text) => reporter.onUserConsoleLog({ type: 'stderr', content: text }), /tests-stderr-/],
    [
      'the audit log',
      (text) => writeFileSync(path.join(run.directory, 'audit.log'), `{}\n{"note":"${text}"}`),
      /audit\.log:2$/,
    ],
    ['the last metrics of an operator', (text) => servedMetrics(text), /metrics-\d+\.log:1$/],
    ['what a test has read from a cluster', (text) => collect('objects', text), /objects-\d+\.log:1$/],
  ]

  describe.each(channels)('%s', (_channel, write, where) => {
    it.each(ENCODINGS)('is searched for values %s', async (_how, encode) => {
      await write(encode(canary('key')))
      reporter.onTestRunEnd()
      expect(said.at(-1)).toMatch(/^canary scan: 1 values, 0\.0 MB in [12] files, [1-9] hits\n$/)
      expect(said[0]?.trim()).toMatch(/^canary scan: a canary of this run, \w+, in \S+$/)
      expect(said[0]?.trim()).toMatch(where)
      expect(said.join('')).not.toContain(canary('key'))
      expect(reporter.leaks).toBeGreaterThan(0)
      expect(process.exitCode).toBe(1)
    })

    it('is searched for hashes and for what is no canary', async () => {
      await write(`${createHash('sha256').update(canary('key')).digest('hex')} ${plant('a key', 'MIIEvQIBADANBg')}`)
      reporter.onTestRunEnd()
      expect(
        said
          .slice(0, -1)
          .map((line) => line.split(', ').slice(0, 2).join(', ').slice('canary scan: '.length))
          .toSorted(),
      ).toEqual(['a key, raw', 'key, hash'])
    })
  })

  it('keeps programs from knowing of it', async () => {
    await program('console.log(Object.keys(process.env).filter((name) => /CANARY|AUDIT/.test(name)).join() || "none")')
    expect(readFileSync(path.join(run.directory, `a-program-${process.pid}.log`), 'utf8')).toBe('none\n')
  })

  async function servedMetrics(page: string): Promise<void> {
    const server = createServer((_request, response) => response.end(page)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const script = path.join(run.directory, 'program.mjs')
    writeFileSync(
      script,
      `console.log(JSON.stringify({ metricsPort: ${port}, healthPort: 1 })); setInterval(() => {}, 1e6)`,
    )
    const operator = await OperatorProcess.of(Program.start({ name: 'ack-secret-manager', script, args: [] }))
    await operator.stop()
    server.close()
  }
})
