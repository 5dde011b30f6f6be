import type { CallCount } from '../gateway/call-log.ts'
import { ControlError } from './control-error.ts'

const FIELDS = ['action', 'secret', 'identity', 'result'] as const

type Field = (typeof FIELDS)[number]

function isField(text: string): text is Field {
  return FIELDS.some((field) => field === text)
}

/**
 * Handles `GET /calls`: `?action=…&result=…` filters the lines; `?groupBy=action,result` aggregates them, so that the response stays short
 * with many secrets.
 */
export function selectCalls(
  calls: readonly CallCount[],
  query: URLSearchParams,
): { total: number; calls: Partial<CallCount>[] } {
  const groupBy = query.get('groupBy')?.split(',') ?? FIELDS
  if (!groupBy.every(isField)) throw new ControlError(400, `groupBy is a list of ${FIELDS.join(', ')}`)
  const filters = [...query].filter(([key]) => key !== 'groupBy')
  for (const [key] of filters) if (!isField(key)) throw new ControlError(400, `no such filter: ${key}`)

  const groups = new Map<string, Partial<CallCount> & { count: number }>()
  let total = 0
  for (const call of calls) {
    if (!filters.every(([key, value]) => call[key as Field] === value)) continue
    total += call.count
    const key = groupBy.map((field) => call[field]).join('\n')
    const group = groups.get(key)
    if (group !== undefined) group.count += call.count
    else groups.set(key, { ...Object.fromEntries(groupBy.map((field) => [field, call[field]])), count: call.count })
  }
  return { total, calls: [...groups.values()] }
}
