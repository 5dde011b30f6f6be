import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createMetrics } from '@ack-secret-manager/operator'
import { beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { dashboard } from './dashboard.ts'
import { ROOT } from './root.ts'

const PROMTOOL = process.env['PROMTOOL'] ?? 'promtool'
const isThere = spawnSync(PROMTOOL, ['--version']).status === 0
const pathOf = (file: string): string => fileURLToPath(new URL(file, ROOT))

/** @returns exit code and what it said */
function promtool(
  args: readonly string[],
  input: string = '',
): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(PROMTOOL, args, { input, encoding: 'utf8', timeout: 60_000 })
  return { status, said: `${stdout}${stderr}` }
}

describe('promtool', () => {
  beforeEach(({ skip }) => skip(!isThere, 'there is no promtool: put it on the PATH, or its path in PROMTOOL'))

  it('takes the alert rules', () => {
    const { status, said } = promtool(['check', 'rules', '--lint=all', pathOf('apps/operator/chart/files/alerts.yaml')])
    expect([status, said]).toEqual([0, expect.stringContaining('SUCCESS')])
  })

  it('sees them fire when they must, and only then', () => {
    const { status, said } = promtool(['test', 'rules', pathOf('tools/chart/src/alerts.promtool.yaml')])
    expect([status, said]).toEqual([0, expect.stringContaining('SUCCESS')])
  })

  it('takes the queries of the dashboard', () => {
    const { panels } = dashboard() as { panels: ReadonlyArray<{ targets: ReadonlyArray<{ expr: string }> }> }
    const queries = panels.flatMap(({ targets }) =>
      targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '5m')),
    )
    // Recording rules are what it can be asked about.
    const rules = queries.map((expr, index) => ({ record: `query_${index}`, expr }))
    const { status, said } = promtool(['check', 'rules'], stringify({ groups: [{ name: 'dashboard', rules }] }))
    expect([status, said]).toEqual([0, expect.stringContaining(`SUCCESS: ${rules.length} rules found`)])
  })

  it('has nothing against the metrics, those of Node.js aside', async () => {
    const { said } = promtool(['check', 'metrics'], await createMetrics('1.2.3').registry.metrics())
    expect(said.split('\n').filter((line) => line !== '' && !line.startsWith('acksm_process_'))).toEqual([])
  })
})
