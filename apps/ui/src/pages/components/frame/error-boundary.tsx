import { Component, type ComponentChildren } from 'preact'
import { Broken } from './broken.tsx'

/** Shows a defect of the page as a page of its own instead of an empty one. */
export class ErrorBoundary extends Component<{ readonly children: ComponentChildren }, { readonly error?: unknown }> {
  static override getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error }
  }

  override render(): ComponentChildren {
    if (this.state.error === undefined) return this.props.children
    return <Broken error={this.state.error} />
  }
}
