import type { ComponentChildren, JSX } from 'preact'
import { Text } from '../base/text.tsx'

interface DetailHeadProps {
  readonly kind: string
  /** An object of the cluster has no namespace or an empty one. */
  readonly row: { readonly namespace?: string; readonly name: string }
  /** Entries of a list below the name. */
  readonly children?: ComponentChildren
  readonly actions?: ComponentChildren
}

/** The heading of a detail page. */
export function DetailHead({ kind, row: { namespace = '', name }, children, actions }: DetailHeadProps): JSX.Element {
  return (
    <header class="detail-head">
      <div class="detail-title">
        <p class="detail-kind">
          {kind}
          {namespace === '' ? null : (
            <>
              {' · '}
              <Text value={namespace} />
            </>
          )}
        </p>
        <h1 tabIndex={-1}>
          <Text value={name} />
        </h1>
        {children === undefined ? null : <ul class="detail-facts">{children}</ul>}
      </div>
      {actions}
    </header>
  )
}
