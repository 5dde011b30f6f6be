import { keyOf, labelOf, type StoreName } from '@ack-secret-manager/resource-view'

const MAX_NAMED = 2

/** `SecretStore prod/kms`, or `12 SecretStores (dev/kms, prod/kms …)`; `isWide` names all of them. Pure. */
export function storesText(stores: readonly StoreName[], isWide: boolean): string {
  return (['SecretStore', 'ClusterSecretStore'] as const)
    .map((kind) =>
      textOf(
        stores.filter((store) => store.kind === kind),
        isWide,
      ),
    )
    .filter((text) => text !== '')
    .join(', ')
}

function textOf(stores: readonly StoreName[], isWide: boolean): string {
  const [only, ...others] = stores
  if (only === undefined || others.length === 0) return only === undefined ? '' : labelOf(only)
  const shown = isWide ? stores : stores.slice(0, MAX_NAMED)
  const names = shown.map(keyOf).join(', ')
  return `${stores.length} ${only.kind}s (${names}${shown.length < stores.length ? ' …' : ''})`
}
