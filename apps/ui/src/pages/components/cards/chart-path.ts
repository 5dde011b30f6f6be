/** Paths of a line over equal steps; a null is a gap. `d` of an SVG path in a box of this width and height. */
export function linePath(values: ReadonlyArray<number | null>, highest: number, width: number, height: number): string {
  const step = values.length > 1 ? width / (values.length - 1) : 0
  let isDrawing = false
  let path = ''
  values.forEach((value, index) => {
    if (value === null) {
      isDrawing = false
      return
    }
    const y = height - (Math.max(0, value) / Math.max(highest, 1e-9)) * height
    path += `${isDrawing ? 'L' : 'M'}${(index * step).toFixed(1)} ${y.toFixed(1)}`
    isDrawing = true
  })
  return path
}

/** The largest value; 0 without one. */
export function largest(values: ReadonlyArray<number | null>): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0)
}
