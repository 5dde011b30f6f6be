import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createProgress } from '@ack-secret-manager/control-plane'
import { toolOptions } from '@ack-secret-manager/testenv'
import { describe, expect, it } from 'vitest'
import { COMPARE, type CompareOptions } from './compare-options.ts'
import { compare } from './compare.ts'
import { type Comparison, parseComparison } from './record/comparison.ts'

/** Executable of the Go operator, which cannot be had everywhere. */
const { GO_OPERATOR } = process.env
const SMALL = ['--compare', '--sizes', '20', '--runs', '1', '--interval', '2s', '--quiet', '8s', '--outage', '3s']
const DEADLINE_MS = 900_000

/** Runs the tool as its command line does. */
async function run(
  output: string,
  ...more: readonly string[]
): Promise<{
  readonly failed: number
  readonly lines: readonly string[]
  readonly figures: Comparison
  readonly page: string
}> {
  const lines: string[] = []
  const progress = createProgress({ stream: { write: (text: string) => lines.push(text) }, name: 'bench' })
  const options = toolOptions(COMPARE, [...SMALL, '--output', output, ...more]) as CompareOptions
  const failed = await compare(options, progress)
  progress.close()
  const text = (name: string): Promise<string> => readFile(path.join(output, name), 'utf8')
  return { failed, lines, figures: parseComparison(await text('figures.json')), page: await text('README.md') }
}

describe('a small comparison', () => {
  it(
    'measures every scenario of this operator and of the loader, and makes no run twice',
    async () => {
      await using folder = await mkdtempDisposable(path.join(tmpdir(), 'acksm-compare-'))
      const { failed, lines, figures, page } = await run(folder.path, '--only', 'ours,loader,go-default')
      expect(failed).toBe(0)
      expect(lines.join('')).toContain('go-default: not measured without --go-operator')
      expect(figures.runs.map(({ contender, users }) => `${contender} ${users}`)).toEqual([
        'ours 1',
        'ours 10',
        'loader 1',
      ])
      const [ours, shared, loader] = figures.runs
      expect(ours).toMatchObject({
        firstSync: { secrets: { done: 20, of: 20 } },
        quiet: { requests: {} },
        change: { secrets: { done: 20 }, requests: { 'patch secrets': 20 } },
        outage: { damaged: 0, secrets: { done: 20 } },
        restart: { done: 20, of: 20 },
      })
      expect(ours?.firstSync.requests['create secrets']).toBe(20 + DIGEST_KEY)
      expect(ours?.restart?.requests['patch secrets']).toBeUndefined()
      expect(ours?.restart?.receivedBytes).toBeGreaterThan(10_000)
      expect(shared?.quiet?.kmsCalls).toBeLessThan(ours?.quiet?.kmsCalls ?? 0)
      expect(shared?.change).toBeUndefined()
      expect(loader?.firstSync.secrets).toMatchObject({ done: 20, of: 20 })
      expect(page).toContain('## 20 resources')

      const again = await run(folder.path, '--only', 'ours,loader', '--resume')
      expect(again.figures).toEqual(figures)
      expect(again.lines.join('')).toContain('3 runs of this commit exist already')
    },
    DEADLINE_MS,
  )

  it(
    'keeps earlier figures and makes the other runs if an operator ends by itself',
    async () => {
      await using folder = await mkdtempDisposable(path.join(tmpdir(), 'acksm-compare-'))
      const binary = path.join(folder.path, 'operator')
      await writeFile(binary, "#!/bin/sh\necho 'Go Version: go1.2.3'\nexec sleep 1\n", { mode: 0o755 })
      const { failed, lines, figures } = await run(folder.path, '--only', 'go-default,loader', '--go-operator', binary)
      expect(failed).toBe(2)
      // Another program of this machine may have the port of its metrics, which is fixed.
      expect(lines.join('')).toMatch(
        /this run failed, its earlier figures stay: (Go, default ended: Go Version: go1\.2\.3|port 8080 is in use)/,
      )
      expect(figures.runs.map(({ contender }) => contender)).toEqual(['loader'])
    },
    DEADLINE_MS,
  )

  it.skipIf(GO_OPERATOR === undefined)(
    'measures the Go operator, if GO_OPERATOR names its executable',
    async () => {
      await using folder = await mkdtempDisposable(path.join(tmpdir(), 'acksm-compare-'))
      const { failed, figures } = await run(folder.path, '--only', 'go-default', '--go-operator', GO_OPERATOR ?? '')
      expect(failed).toBe(0)
      expect(figures.runs[0]).toMatchObject({
        firstSync: { secrets: { done: 20, of: 20 }, requests: { 'create secrets': 20 } },
        restart: { done: 20, writes: 0 },
        go: { go: expect.stringMatching(/^\d/), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      })
      expect(figures.runs[0]?.quiet?.kmsCalls).toBeGreaterThan(0)
    },
    DEADLINE_MS,
  )
})

/** The key of the content digests, which the operator keeps in a Secret of its own. */
const DIGEST_KEY = 1
