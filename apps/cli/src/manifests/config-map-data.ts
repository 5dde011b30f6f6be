import { isRecord } from './parse-objects.ts'

/** Content of a ConfigMap's manifest by key, `binaryData` aside. Adds what is wrong to `problems`. */
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
