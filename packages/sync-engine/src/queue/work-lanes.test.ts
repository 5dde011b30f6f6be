import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isReport, PRIORITY, type Priority } from './priority.ts'
import { MAX_REPORT_WAIT_MS, WorkLanes } from './work-lanes.ts'

const any = (): boolean => true

/** Takes a key, of any group or of these. */
const takeNext = (lanes: WorkLanes, nowMs: number, may: (group: string) => boolean = any): string | undefined =>
  lanes.take({ mayWork: may, mayReport: may, nowMs })

function takeAll(lanes: WorkLanes, nowMs: number): string[] {
  const taken: string[] = []
  for (let key = takeNext(lanes, nowMs); key !== undefined; key = takeNext(lanes, nowMs)) taken.push(key)
  return taken
}

/** Three reports at 0, four keys of work, and urgent reports. */
function filled(...urgent: string[]): WorkLanes {
  const lanes = new WorkLanes(() => '')
  for (const key of urgent) lanes.add(key, PRIORITY.urgentReport, 0)
  for (const key of ['r1', 'r2', 'r3']) lanes.add(key, PRIORITY.report, 0)
  lanes.add('routine', PRIORITY.routine, 0)
  lanes.add('changed', PRIORITY.changed, 0)
  lanes.add('first', PRIORITY.first, 0)
  lanes.add('changed too', PRIORITY.changed, 0)
  return lanes
}

it.each<[rule: string, nowMs: number, order: string[], urgent?: string[]]>([
  ['come after all work', MAX_REPORT_WAIT_MS - 1, ['first', 'changed', 'changed too', 'routine', 'r1', 'r2', 'r3']],
  [
    'have every second turn when they have waited',
    MAX_REPORT_WAIT_MS,
    ['r1', 'first', 'r2', 'changed', 'r3', 'changed too', 'routine'],
  ],
  [
    'have every second turn when they are urgent',
    0,
    ['u1', 'first', 'u2', 'changed', 'changed too', 'routine', 'r1', 'r2', 'r3'],
    ['u1', 'u2'],
  ],
  [
    'that are urgent take turns with those that have waited',
    MAX_REPORT_WAIT_MS,
    ['u1', 'first', 'r1', 'changed', 'u2', 'changed too', 'r2', 'routine', 'u3', 'r3'],
    ['u1', 'u2', 'u3'],
  ],
])('reports %s', (_rule, nowMs, order, urgent = []) => expect(takeAll(filled(...urgent), nowMs)).toEqual(order))

it('a group that may not have a worker keeps its queued report and work', () => {
  const lanes = new WorkLanes((key) => key)
  lanes.add('a', PRIORITY.changed, 0)
  lanes.add('b', PRIORITY.report, 0)
  const isB = (group: string): boolean => group === 'b'
  expect([takeNext(lanes, 0, isB), takeNext(lanes, 0, isB)]).toEqual(['b', undefined])
  expect([lanes.isEmpty, takeNext(lanes, 0), lanes.isEmpty]).toEqual([false, 'a', true])
})

it('returns each key once, and knows whether a Secret may be missing or outdated', () => {
  const step = fc.record({
    do: fc.constantFrom('add' as const, 'remove' as const, 'take' as const),
    key: fc.constantFrom('a/1', 'a/2', 'b/1', 'b/2', 'c/1'),
    priority: fc.constantFrom<Priority>(...Object.values(PRIORITY)),
    afterMs: fc.constantFrom(0, 1_000, MAX_REPORT_WAIT_MS),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const lanes = new WorkLanes((key) => key.slice(0, 1))
      const waiting = new Map<string, Priority>()
      let nowMs = 0
      for (const { do: action, key, priority, afterMs } of steps) {
        nowMs += afterMs
        const known = waiting.get(key)
        if (action === 'add' && known === undefined) {
          lanes.add(key, priority, nowMs)
          waiting.set(key, priority)
        }
        if (action === 'remove' && known !== undefined) {
          lanes.remove(key, known)
          waiting.delete(key)
        }
        if (action === 'take') {
          const taken = takeNext(lanes, nowMs)
          expect(taken === undefined).toBe(waiting.size === 0)
          if (taken !== undefined) expect(waiting.delete(taken)).toBe(true)
        }
        const priorities = [...waiting.values()]
        expect(lanes.hasPressingWork).toBe(priorities.some((each) => each < PRIORITY.routine))
        expect(lanes.unsynced).toBe(priorities.filter((each) => each === PRIORITY.first).length)
        expect(lanes.work).toBe(priorities.filter((each) => !isReport(each)).length)
        expect(lanes.isEmpty).toBe(waiting.size === 0)
      }
      expect(takeAll(lanes, nowMs).toSorted()).toEqual([...waiting.keys()].toSorted())
    }),
  )
})
