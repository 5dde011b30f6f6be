import { expect, it } from 'vitest'
import { growthOf, parseStats } from './replica-resources.ts'

const PAGE = `# HELP process_open_fds Number of open file descriptors.
process_resident_memory_bytes 209715200
process_open_fds 41
nodejs_active_resources{type="TTYWrap"} 2
nodejs_active_resources{type="Timeout"} 12
nodejs_active_handles_total 17
`
const BEFORE = { rssMiB: 200, openFiles: 41, timers: 12, handles: 17 }

it('parses the statistics of a process from its metrics', () => {
  expect(parseStats(PAGE)).toEqual(BEFORE)
})

it.each([
  'process_resident_memory_bytes',
  'process_open_fds',
  'nodejs_active_resources',
  'nodejs_active_handles_total',
])('rejects metrics without %s', (name) => {
  const page = PAGE.replaceAll(name, 'another')
  expect(() => parseStats(page)).toThrow(`the metrics have no ${name}`)
})

it.each([
  ['nothing without growth', BEFORE, []],
  ['nothing for a little more memory', { ...BEFORE, rssMiB: 300 }, []],
  ['doubled memory', { ...BEFORE, rssMiB: 400 }, ['rssMiB 200 at the start, 400 now']],
  ['sockets that stay open', { ...BEFORE, openFiles: 80 }, ['openFiles 41 at the start, 80 now']],
  ['timers that are never cleared', { ...BEFORE, timers: 60 }, ['timers 12 at the start, 60 now']],
])('reports %s', (_what, now, growth) => {
  expect(growthOf(BEFORE, now)).toEqual(growth)
})
