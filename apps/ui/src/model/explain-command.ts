/** Explains a reason. A forged status can have any text as its reason: none for one that is no word. Pure. */
export function explainCommand(
  reason: string | undefined,
): readonly { readonly for: 'explain'; readonly text: string }[] {
  return reason !== undefined && /^\w+$/.test(reason) ? [{ for: 'explain', text: `acksm explain ${reason}` }] : []
}
