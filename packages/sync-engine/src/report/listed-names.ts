import { nameText } from '@ack-secret-manager/core'

/** The first names, and how many others there are: `a, b and 3 more`. */
export function listed(names: readonly string[], limit: number): string {
  const more = names.length > limit ? ` and ${names.length - limit} more` : ''
  return `${names.slice(0, limit).map(nameText).join(', ')}${more}`
}
