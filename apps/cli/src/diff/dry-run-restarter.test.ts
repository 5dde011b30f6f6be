import type { RestartResult } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { DryRunRestarter } from './dry-run-restarter.ts'

const WEB = { namespace: 'default', kind: 'Deployment', name: 'web' } as const
const OPENS = Date.parse('2026-11-29T18:00:00Z')

it.each<[string, RestartResult, readonly object[]]>([
  ['is made at once', { kind: 'restarted', note: undefined }, [WEB]],
  ['needs a user', { kind: 'restarted', note: 'it is paused' }, [{ ...WEB, note: 'it is paused' }]],
  [
    'waits for its window',
    { kind: 'delayed', delay: { reason: 'window', untilMs: OPENS } },
    [{ ...WEB, note: 'it restarts when its window opens, at 2026-11-29T18:00:00Z' }],
  ],
  [
    'is halted',
    { kind: 'delayed', delay: { reason: 'rollout', rollout: 'failed' } },
    [{ ...WEB, note: 'its rollout has failed; once it is repaired or undone, the restart follows' }],
  ],
  ['was made', { kind: 'done' }, []],
  ['has no workload', { kind: 'absent' }, []],
])('shows a restart that %s', async (_what, result, expected) => {
  const restarter = new DryRunRestarter({ restart: () => Promise.resolve(result) })
  expect(await restarter.restart(WEB, new Map(), { signal: new AbortController().signal })).toEqual(result)
  expect(restarter.restarts()).toEqual(expected)
})
