import {
  observeWindowOffset,
  observeWindowRect,
  type VirtualItem,
  Virtualizer,
  windowScroll,
} from '@tanstack/virtual-core'
import type { RefObject } from 'preact'
import { useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks'

/** Rows above and below the window, so that a fast scroll shows no gap. */
const OVERSCAN = 6
/** Below this width, a row is a card of several lines. */
const NARROW = '(max-width: 47.99rem)'

/** Heights of a row, in rem. */
export interface RowHeights {
  readonly wide: number
  readonly narrow: number
}

export interface VirtualRows {
  /** The element that has the height of all rows. */
  readonly body: RefObject<HTMLDivElement>
  readonly items: readonly VirtualItem[]
  readonly rowHeight: number
  readonly totalHeight: number
  /** Pixels above the first row. */
  readonly margin: number
  scrollTo(index: number): void
}

/** The rows of a long table that are in or near the window; the window itself scrolls. */
export function useVirtualRows(count: number, heights: RowHeights, stickyHeight: number): VirtualRows {
  const [, render] = useReducer<number, void>((version) => version + 1, 0)
  const body = useRef<HTMLDivElement>(null)
  const margin = useRef(0)
  const [rowHeight, setRowHeight] = useState(() => pixels(heights))
  const [virtualizer] = useState(() => new Virtualizer<Window, Element>(options()))
  function options() {
    return {
      count,
      estimateSize: () => rowHeight,
      getScrollElement: () => globalThis.window,
      observeElementRect: observeWindowRect,
      observeElementOffset: observeWindowOffset,
      scrollToFn: windowScroll,
      overscan: OVERSCAN,
      scrollMargin: margin.current,
      scrollPaddingStart: stickyHeight,
      scrollPaddingEnd: rowHeight,
      initialRect: { width: innerWidth, height: innerHeight },
      initialOffset: () => scrollY,
      onChange: () => render(),
    }
  }
  virtualizer.setOptions(options())
  // oxlint-disable-next-line no-underscore-dangle -- for adapters such as this one
  useLayoutEffect(() => virtualizer._didMount(), [])
  useLayoutEffect(() => virtualizer.measure(), [rowHeight])
  useLayoutEffect(() => {
    // oxlint-disable-next-line no-underscore-dangle -- for adapters such as this one
    virtualizer._willUpdate()
  })
  useLayoutEffect(() => {
    const measure = () => {
      const top = body.current === null ? 0 : Math.round(body.current.getBoundingClientRect().top + scrollY)
      if (top === margin.current) return
      margin.current = top
      render()
    }
    measure()
    // What is above the table may become higher, such as filters in two lines. To measure at each scroll would take half of its time.
    const observer = new ResizeObserver(measure)
    for (let element = body.current?.parentElement; element; element = element.parentElement) observer.observe(element)
    return () => observer.disconnect()
  }, [])
  useLayoutEffect(() => {
    const resized = () => setRowHeight(pixels(heights))
    addEventListener('resize', resized)
    return () => removeEventListener('resize', resized)
  }, [heights])
  return {
    body,
    items: virtualizer.getVirtualItems(),
    rowHeight,
    totalHeight: count * rowHeight,
    margin: margin.current,
    scrollTo: (index) => virtualizer.scrollToIndex(index),
  }
}

function pixels(heights: RowHeights): number {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
  return Math.round(rem * (matchMedia(NARROW).matches ? heights.narrow : heights.wide))
}
