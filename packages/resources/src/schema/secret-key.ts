import { LIMITS } from './limits.ts'
import { SECRET_KEY } from './text.ts'

/** Whether the API server accepts `key` as a key of a Secret (Kubernetes, `IsConfigMapKey`). */
export function isSecretKey(key: string): boolean {
  return key.length <= LIMITS.kubernetesName && SECRET_KEY.test(key) && key !== '.' && !key.startsWith('..')
}
