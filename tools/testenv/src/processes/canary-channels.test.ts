import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { canary, CanaryRun, collect, ENCODINGS, plant } from '@ack-secret-manager/test-support/canary'
import { CanaryReporter } from '@ack-secret-manager/test-support/canary-reporter'
import { startTestServer } from '@ack-secret-manager/test-support/test-server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { OperatorProcess } from './operator-process.ts'
import { Program } from './program.ts'

describe('the canary scan', () => {
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

    it('is searched for hashes and for planted values', async () => {
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

  it('is not visible to programs', async () => {
    await program('console.log(Object.keys(process.env).filter((name) => /CANARY|AUDIT/.test(name)).join() || "none")')
    expect(readFileSync(path.join(run.directory, `a-program-${process.pid}.log`), 'utf8')).toBe('none\n')
  })

  async function servedMetrics(page: string): Promise<void> {
    await using server = await startTestServer((response) => response.end(page))
    const script = path.join(run.directory, 'program.mjs')
    writeFileSync(
      script,
      `console.log(JSON.stringify({ metricsPort: ${server.port}, healthPort: 1 })); setInterval(() => {}, 1e6)`,
    )
    const operator = await OperatorProcess.of(Program.start({ name: 'ack-secret-manager', script, args: [] }))
    await operator.stop()
  }
})
