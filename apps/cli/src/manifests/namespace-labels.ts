import { isRecord } from './parse-objects.ts'

/** Labels of a namespace. */
export type Labels = Readonly<Record<string, string>>

/** The label that the API server adds to every namespace. */
const NAME_LABEL = 'kubernetes.io/metadata.name'

/** Labels of a Namespace manifest as the API server would store them. Appends errors to `problems`. */
export function namespaceLabelsOf(
  name: string,
  value: Readonly<Record<string, unknown>>,
  label: string,
  problems: string[],
): Labels {
  const metadata = value['metadata']
  const given = isRecord(metadata) ? (metadata['labels'] ?? {}) : {}
  const labels = new Map<string, string>()
  if (!isRecord(given)) problems.push(`${label}: metadata.labels: expected a mapping`)
  else {
    for (const [key, text] of Object.entries(given)) {
      if (typeof text === 'string') labels.set(key, text)
      else problems.push(`${label}: metadata.labels[${JSON.stringify(key)}]: expected a text; put it in quotes`)
    }
  }
  return Object.fromEntries(labels.set(NAME_LABEL, name))
}
