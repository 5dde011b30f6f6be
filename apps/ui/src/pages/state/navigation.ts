import { type ReadonlySignal, signal } from '@preact/signals'
import { formatRoute, parseRoute, type Route } from '../routes.ts'

/** Browsers limit how often a page may change its address. */
const WRITE_MS = 250

/** How a page was reached: with "back" and "forward" it is shown as it was left. */
export interface Arrival {
  readonly isReturn: boolean
  /** Pixels from the top. */
  readonly scroll: number
}

/** The page that is shown; its address is the fragment of the URL. */
export class Navigation {
  readonly #route = signal<Route>(parseRoute(location.hash))
  readonly #scrolls = new Map<string, number>()
  readonly #activeRows = new Map<string, string>()
  #arrival: Arrival | undefined
  #href = location.hash
  #write: ReturnType<typeof setTimeout> | undefined

  get route(): ReadonlySignal<Route> {
    return this.#route
  }

  /** Undefined for the first page. */
  get arrival(): Arrival | undefined {
    return this.#arrival
  }

  /** Key of the active row of a table, for when its page is shown again. */
  get activeRows(): Map<string, string> {
    return this.#activeRows
  }

  start(): void {
    history.scrollRestoration = 'manual'
    history.replaceState('visited', '')
    globalThis.addEventListener('hashchange', () => this.#arrive())
    // A link leaves the page before the pending change is in its address.
    document.addEventListener('click', () => this.#write !== undefined && this.#flush(), { capture: true })
  }

  /** Goes to a page; "back" returns. */
  go(href: string): void {
    this.#flush()
    location.hash = href
  }

  /** Changes what the page shows, such as its filter, without a step for "back". */
  replace(route: Route): void {
    this.#route.value = route
    clearTimeout(this.#write)
    this.#write = setTimeout(() => this.#flush(), WRITE_MS)
  }

  #arrive(): void {
    clearTimeout(this.#write)
    this.#scrolls.set(this.#href, globalThis.scrollY)
    // A new entry of the history has no state yet.
    const isReturn = history.state !== null
    history.replaceState('visited', '')
    this.#href = location.hash
    this.#arrival = { isReturn, scroll: isReturn ? (this.#scrolls.get(this.#href) ?? 0) : 0 }
    this.#route.value = parseRoute(location.hash)
  }

  #flush(): void {
    clearTimeout(this.#write)
    this.#write = undefined
    const route = this.#route.peek()
    if (route.page === 'unknown' || parseRoute(location.hash).page !== route.page) return
    history.replaceState('visited', '', formatRoute(route))
    this.#href = location.hash
  }
}
