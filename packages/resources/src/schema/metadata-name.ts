import { GROUP } from '../names.ts'
import { labelKey, labelValue } from './text.ts'

const MAX_PREFIX = 253
const MAX_NAME = 63

const key = labelKey()
const value = labelValue()

/** Why no template may set a label or an annotation of this name; undefined where it may. */
export function whyNotMetadataName(name: string): string | undefined {
  const slash = name.indexOf('/')
  if (!key.safeParse(name).success || slash > MAX_PREFIX || name.length - slash - 1 > MAX_NAME) {
    return 'expected a name of a label or annotation, such as example.com/team'
  }
  const why = whyReserved(name)
  return why && `cannot be set: ${why}`
}

/** For what the name of a label or an annotation is reserved; undefined where it is not. */
export function whyReserved(name: string): string | undefined {
  if (name.startsWith(`${GROUP}/`)) return `${GROUP}/ is for the operator's own marks`
  if (name.startsWith('kubernetes.io/service-account.')) {
    return "Kubernetes would put a ServiceAccount's token into the Secret"
  }
  return undefined
}

/** Whether the API server takes this as the value of a label. */
export function isLabelValue(text: string): boolean {
  return value.safeParse(text).success
}
