import type { ReadyReason } from '@ack-secret-manager/core'
import {
  CLUSTER_EXTERNAL_SECRET_REASONS,
  EVENT_REASONS,
  EXTERNAL_SECRET_REASONS,
  NOTHING,
  type ReasonText,
  STORE_REACHABLE_REASONS,
  STORE_REASONS,
  STORE_WARNINGS,
} from './reason-texts.ts'
import { PUSH_SECRET_REASONS } from './push-secret-reasons.ts'
import { documentationUrl } from './documentation-url.ts'
import { type GuidedKind, reasonAnchor } from './reason-anchor.ts'
import { retriesOf } from './reference-reasons.ts'

/** What a reason of a condition means and what to do, as plain text. The same texts are on the reference page of reasons. */
export interface ReasonGuide {
  readonly kind: GuidedKind
  /** Type of the condition: `Ready`, `Reachable`, `ClientKeyExpiring`. `Event` for a reason that only events have. */
  readonly condition: string
  readonly reason: string
  readonly means: string
  /** Absent if there is nothing to do. */
  readonly cure?: string
  /** What happens to the Secret meanwhile. Only for ExternalSecrets. */
  readonly secret?: string
  /** When the operator tries again. Only for ExternalSecrets. */
  readonly retried?: string
  /** Its row on the reference page. */
  readonly url: string
}

const PAGE = 'docs/reference/reasons.md'

/** Guides of all reasons, in the order of the reference page. */
export const REASON_GUIDES: readonly ReasonGuide[] = [
  ...Object.entries(EXTERNAL_SECRET_REASONS).map(([reason, text]) => ({
    ...guideOf('ExternalSecret', 'Ready', reason, text),
    secret: plainText(text.secret),
    retried: retriesOf(reason as ReadyReason),
  })),
  ...guidesOf('SecretStore', 'Ready', STORE_REASONS),
  ...guidesOf('SecretStore', 'Reachable', STORE_REACHABLE_REASONS),
  // The reason of these conditions is their type.
  ...Object.entries(STORE_WARNINGS).map(([reason, text]) => guideOf('SecretStore', reason, reason, text)),
  ...guidesOf('ClusterExternalSecret', 'Ready', CLUSTER_EXTERNAL_SECRET_REASONS),
  ...guidesOf('PushSecret', 'Ready', PUSH_SECRET_REASONS),
  ...guidesOf('ExternalSecret', 'Event', EVENT_REASONS),
]

/**
 * The guide of one condition. A store can also have reasons of ExternalSecrets that concern its identity.
 * @returns undefined for an unknown reason, as of a newer operator
 */
export function reasonGuideOf(kind: GuidedKind, condition: string, reason: string): ReasonGuide | undefined {
  const guide = (of: GuidedKind): ReasonGuide | undefined =>
    REASON_GUIDES.find((each) => each.kind === of && each.condition === condition && each.reason === reason)
  return guide(kind) ?? (kind === 'SecretStore' ? guide('ExternalSecret') : undefined)
}

function guidesOf(
  kind: GuidedKind,
  condition: string,
  texts: Readonly<Record<string, ReasonText>>,
): readonly ReasonGuide[] {
  return Object.entries(texts).map(([reason, text]) => guideOf(kind, condition, reason, text))
}

function guideOf(kind: GuidedKind, condition: string, reason: string, { means, cure }: ReasonText): ReasonGuide {
  return {
    kind,
    condition,
    reason,
    means: plainText(means),
    ...(cure === NOTHING ? {} : { cure: plainText(cure) }),
    url: documentationUrl(`${PAGE}#${reasonAnchor(kind, condition, reason)}`),
  }
}

/** Markdown as text for a terminal: a link becomes its text and the address of its page, because a user of npm has no `docs`. */
function plainText(markdown: string): string {
  return markdown.replaceAll(/\[([^\]]+)\]\(([^)]+)\)/g, (_link, text: string, target: string) => {
    const { pathname, hash } = new URL(target, `file:///${PAGE}`)
    return `${text} (${documentationUrl(`${pathname.slice(1)}${hash}`)})`
  })
}
