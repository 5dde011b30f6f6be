import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
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

  it('finds nothing in a text without canaries', () =>
    expect(findLeaks(`canary-of-no-one ${'YWJj'.repeat(100)} ${'0'.repeat(64)}`, [VALUE])).toEqual([]))
})

it('finds a leak in a file of many chunks, also across a boundary, with its line', () => {
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

  it('has its own canaries, each with one value in the whole run', () => {
    expect(canary('key')).toMatch(/^canary-[0-9a-z]{12}-key$/)
    expect(canary('key')).toBe(canary('key'))
    const other = CanaryRun.begin({})
    expect(canary('key')).not.toContain(other.marker)
    other.end()
    expect(() => plant('too short', 'x')).toThrow('too short: expected at least 8 ASCII characters')
  })

  it('plants the secrets of an example, except those that its manifests contain', () => {
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

  it('reports the amount of searched data, and keeps nothing of it', () => {
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
})
