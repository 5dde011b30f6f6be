import { describe, expect, it } from 'vitest'
import { Capture } from '../testing/run.ts'
import type { CheckResult, Finding } from './check.ts'
import { printReport } from './report.ts'

function result(section: CheckResult['check']['section'], title: string, ...findings: Finding[]): CheckResult {
  const run = (): Promise<Finding> => Promise.reject(new Error('not run'))
  return {
    check: { id: `id.${title}`, section, title, needs: [], timeoutMs: 1, action: '', run },
    findings,
    durationMs: 7,
  }
}

const RESULTS = [
  result('Network', 'DNS of KMS', { status: 'ok', detail: 'kms is 10.0.0.1' }),
  result('Network', 'Nothing to say'),
  result('Identity', 'Caller', {
    status: 'failed',
    detail: 'unknown\nkey “x”…',
    action: 'Use another – one',
    reason: 'R',
  }),
  result('Network', 'Clock', { status: 'skipped', title: 'The clock', detail: 'DNS failed' }),
]

function printed(
  output: 'human' | 'json',
  env: Record<string, string> = {},
  isTTY = false,
  results: readonly CheckResult[] = RESULTS,
): string {
  const out = new Capture()
  const io = {
    stdout: out,
    stderr: out,
    env,
    cwd: '/',
    isTTY: { stdout: isTTY, stderr: isTTY },
    signal: AbortSignal.any([]),
  }
  printReport(results, output, io)
  return out.text
}

describe('the report', () => {
  it('lists findings by section, with one action for each failure', () => {
    expect(printed('human', { LANG: 'en_US.UTF-8' })).toBe(
      [
        'Network',
        '  ✓ DNS of KMS: kms is 10.0.0.1',
        '  – The clock: DNS failed',
        '',
        'Identity',
        '  ✗ Caller: unknown key “x”…',
        '      → Use another – one',
        '',
        '1 to do · 1 fine · 1 skipped',
        '',
      ].join('\n'),
    )
  })

  it.each([
    ['no locale', {}],
    ['another encoding', { LANG: 'en_US.UTF-8', LC_ALL: 'C' }],
    ['an empty variable', { LC_ALL: '', LANG: 'de_DE.ISO-8859-1' }],
  ])('is plain ASCII with %s', (_what, env) => {
    const text = printed('human', env)
    expect(text).toMatch(/^[\n -~]*$/)
    expect(text).toContain('  [x]  Caller: unknown key "x"...\n      -> Use another - one\n')
  })

  it.each([
    ['en_US.utf8', true],
    ['C.UTF-8', true],
  ])('has symbols with %s', (LC_CTYPE, expected) => expect(printed('human', { LC_CTYPE }).includes('✗')).toBe(expected))

  it('has colours on a terminal only', () => {
    expect(printed('human', { LANG: 'C.UTF-8' }, true)).toContain('\u001b[31m✗\u001b[0m Caller')
    expect(printed('human', { LANG: 'C.UTF-8', NO_COLOR: '1' }, true)).not.toContain('\u001b')
  })

  it('shows 20 findings of each status of a check, and all in JSON', () => {
    const many = Array.from({ length: 25 }, (_, index): Finding => ({
      status: 'failed',
      detail: `cause ${index}`,
      action: `Mend ${index}`,
    }))
    const results = [result('Resources', 'SecretStores', ...many, { status: 'skipped', detail: 'one waits' })]
    const text = printed('human', { LANG: 'C.UTF-8' }, false, results)
    expect(text.split('\n').filter((line) => line.includes('✗'))).toHaveLength(20)
    expect(text).toContain(
      '  – SecretStores: one waits\n  – SecretStores: and 5 more; -o json shows all\n\n25 to do · 0 fine · 1 skipped\n',
    )
    const { checks } = JSON.parse(printed('json', {}, false, results)) as { checks: object[] }
    expect(checks).toHaveLength(26)
  })

  it('is one JSON document', () => {
    const document = JSON.parse(printed('json')) as { checks: object[] }
    expect(document).toMatchObject({ ok: false, summary: { ok: 1, failed: 1, skipped: 1 } })
    expect(document.checks[1]).toEqual({
      id: 'id.Caller',
      section: 'Identity',
      title: 'Caller',
      status: 'failed',
      detail: 'unknown\nkey “x”…',
      action: 'Use another – one',
      reason: 'R',
      durationMs: 7,
    })
  })
})
