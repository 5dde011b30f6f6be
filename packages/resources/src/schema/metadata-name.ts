import { GROUP } from '../names.ts'
import { labelKey, labelValue } from './text.ts'

const MAX_PREFIX = 253
const MAX_NAME = 63

const key = labelKey()
const value = labelValue()

/** Why a template may not set a label or annotation of this name; undefined if it may. */
export function whyNotMetadataName(name: string): string | undefined {
  const slash = name.indexOf('/')
  if (!key.safeParse(name).success || slash > MAX_PREFIX || name.length - slash - 1 > MAX_NAME) {
    return 'expected the name of a label or annotation, such as example.com/team'
  }
  const why = whyReserved(name)
  return why && `cannot be set: ${why}`
}

/** Why the name of a label or annotation is reserved; undefined if it is not. */
export function whyReserved(name: string): string | undefined {
  if (name.startsWith(`${GROUP}/`)) return `${GROUP}/ is reserved for the operator`
  if (name.startsWith('kubernetes.io/service-account.')) {
    return 'Kubernetes would write a ServiceAccount token into the Secret'
  }
  return undefined
}

/** Whether the API server accepts this as the value of a label. */
export function isLabelValue(text: string): boolean {
  return value.safeParse(text).success
}
