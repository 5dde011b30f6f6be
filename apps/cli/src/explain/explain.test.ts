import { REASON_GUIDES } from '@ack-secret-manager/resources'
import { expect, it } from 'vitest'
import { COMMANDS } from '../commands/commands.ts'
import { run } from '../testing/run.ts'

const REASONS = [...new Set(REASON_GUIDES.map(({ reason }) => reason))]

it('explains one reason: what it means, what to do, what to run', async () => {
  const { code, out, err } = await run(['explain', 'suspended'])
  expect([code, err]).toEqual([0, ''])
  expect(out).toBe(`Suspended (ExternalSecret, condition Ready)
  Means    \`spec.suspend\` is true: the operator neither reads nor writes.
  Fix      Remove \`suspend\`.
  Secret   stays unchanged, including edits; only a new \`deletionPolicy\` takes effect
  Retried  when the resource changes
  Run      acksm resume NAME -n NAMESPACE
  More     https://github.com/ack-secret-manager/ack-secret-manager/blob/main/docs/reference/reasons.md#suspended
`)
})

it('explains a reason of several conditions for each of them', async () => {
  const { out } = await run(['explain', 'Unavailable'])
  expect(out.match(/^Unavailable \(.*\)$/gm)).toEqual([
    'Unavailable (ExternalSecret, condition Ready)',
    'Unavailable (SecretStore, condition Ready)',
    'Unavailable (SecretStore, condition Reachable)',
    'Unavailable (PushSecret, condition Ready)',
  ])
})

it('explains a reason that only events have', async () => {
  const { out } = await run(['explain', 'RestartFailed'])
  expect(out).toMatch(
    /^RestartFailed \(event\)\n {2}Means .*\n(?:.*\n)+ {2}More {5}https:\/\/.*#event-restartfailed\n$/,
  )
})

it.each(['Pushed', 'DeletionScheduled', 'LeftInKMS'])(
  'has commands for %s that concern the KMS secret, not an ExternalSecret',
  async (reason) => {
    const { out } = await run(['explain', reason])
    expect(out).toMatch(/ acksm (?:versions|restore|delete) SECRET\n/)
    expect(out).not.toMatch(/acksm (?:refresh|render|status)/)
  },
)

it('explains an error code by its reason', async () => {
  expect((await run(['explain', 'Throttled'])).out).toMatch(
    /^Throttled is an error code\. Its reason is:\n\nUnavailable \(/,
  )
})

it('lists all reasons, and has each of them as JSON with commands', async () => {
  const { out } = await run(['explain'])
  for (const reason of REASONS) expect(out).toMatch(new RegExp(`^${reason} +(?:event|\\w+ \\w+) `, 'm'))
  const { reasons } = JSON.parse((await run(['explain', '-o', 'json'])).out) as {
    reasons: { reason: string; run: string[] }[]
  }
  expect(new Set(reasons.map(({ reason }) => reason))).toEqual(new Set(REASONS))
  const names = new Set(COMMANDS.map(({ name }) => name))
  for (const each of reasons) {
    expect(each.run.length).toBeGreaterThan(0)
    for (const [name] of each.run.join('\n').matchAll(/(?<=^acksm )\w+/gm)) expect(names).toContain(name)
  }
})

it.each([
  [['explain', 'Stal'], 'unknown reason Stal; did you mean Stale?; see acksm explain --help'],
  [['explain', 'AccesDenied'], 'unknown reason AccesDenied; did you mean AccessDenied?; see acksm explain --help'],
  [['explain', 'whatever'], 'unknown reason whatever; acksm explain lists all; see acksm explain --help'],
  [['explain', 'KfZ9mQ2vB7nR4tY'], 'unknown reason …; acksm explain lists all; see acksm explain --help'],
  [['explain', 'Stale', 'Degraded'], /^acksm: too many arguments.*; see acksm explain --help\n$/],
  [['explain', '-o', 'wide'], '--output wide: expected human or json; see acksm explain --help'],
])('acksm %j: one clear line, exit code 2', async (argv, message) => {
  const { code, out, err } = await run(argv)
  if (typeof message === 'string') expect(err).toBe(`acksm: ${message}\n`)
  else expect(err).toMatch(message)
  expect([code, out]).toEqual([2, ''])
})
