import { nextCommands } from '@ack-secret-manager/resource-view'
import { type GuidedKind, reasonGuideOf } from '@ack-secret-manager/resources'
import { shellWord } from './shell-word.ts'
import type { GuideView } from './views/guide.ts'

/** How many of the resources of a guide have a Secret that the operator has written. */
export type Written = 'all' | 'some' | 'none'

/** Names to fill into the commands of a guide; a command with a name that is not known keeps its capitals. */
export interface GuideNames {
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  /** Of a store whose commands are wanted: `SecretStore prod/kms`, without its kind. */
  readonly store?: { readonly namespace: string; readonly name: string } | undefined
  /** The store that selects all resources, for commands that take one in place of a resource. */
  readonly selector?: { readonly namespace: string; readonly name: string } | undefined
  /** @default all */
  readonly written?: Written
}

/** What a reason means and what to do; undefined for an unknown one, as of a newer operator. Pure. */
export function guideView(
  { kind, condition, reason }: { readonly kind: GuidedKind; readonly condition: string; readonly reason: string },
  names: GuideNames = {},
): GuideView | undefined {
  const guide = reasonGuideOf(kind, condition, reason)
  if (guide === undefined) return undefined
  const { means, cure, secret, retried, url } = guide
  const { written = 'all' } = names
  return {
    id: url.slice(url.indexOf('#') + 1),
    reason,
    means,
    ...(cure === undefined ? {} : { cure }),
    ...(secret === undefined ? {} : { secret }),
    ...(secret !== undefined && /\bkeeps\b/.test(secret) && written !== 'all' ? { written } : {}),
    ...(retried === undefined ? {} : { retried }),
    run: [...new Set(nextCommands(kind, reason).map((command) => filled(command, names)))],
  }
}

/** Commands that name a store do so as `store/NAME`. */
function filled(command: string, { namespace, name, store, selector }: GuideNames): string {
  if (selector !== undefined && /^acksm (?:status|refresh) NAME -n NAMESPACE/.test(command)) {
    return filled(command.replace('NAME', 'store/NAME'), { store: selector })
  }
  const isStore = /\b(?:store\/NAME|clustersecretstore NAME)/.test(command)
  const home = isStore ? store?.namespace : namespace
  const own = isStore ? store?.name : name
  const isCluster = isStore && store?.namespace === ''
  return command
    .replaceAll('store/NAME -n NAMESPACE', isCluster ? 'css/NAME' : 'store/NAME -n NAMESPACE')
    .replaceAll(/\bNAMESPACE\b/g, home === undefined || home === '' ? 'NAMESPACE' : shellWord(home))
    .replaceAll(/\bNAME\b/g, own === undefined ? 'NAME' : shellWord(own))
}
