/** The text of a page of the documentation, which the build includes. */
declare module '*.md?raw' {
  const text: string
  export default text
}
