import { isRecord } from './parse-objects.ts'

/** `data` of a ConfigMap manifest by key. Appends errors to `problems`. */
export function configMapDataOf(
  value: Readonly<Record<string, unknown>>,
  label: string,
  problems: string[],
): ReadonlyMap<string, string> {
  const content = new Map<string, string>()
  const map = value['data'] ?? {}
  if (!isRecord(map)) {
    problems.push(`${label}: data: expected a mapping`)
    return content
  }
  for (const [key, entry] of Object.entries(map)) {
    if (typeof entry === 'string') content.set(key, entry)
    else problems.push(`${label}: data[${JSON.stringify(key)}]: expected a text; put it in quotes`)
  }
  return content
}
