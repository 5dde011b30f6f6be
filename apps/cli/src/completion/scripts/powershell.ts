import { scriptText } from './script-text.ts'

/** The script for PowerShell 5.1 and newer. Older versions do not pass an empty argument, hence `__complete_next`. */
export const POWERSHELL = scriptText`# PowerShell completion for acksm. To load it: acksm completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName acksm -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
        Select-Object -Skip 1 |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
        ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
            else { $_.Extent.Text }
        })
    $verb = if ($wordToComplete -eq '') { '__complete_next' } else { '__complete' }
    $out = @(acksm $verb @words 2>$null)
    if ($out.Count -eq 0 -or $out[-1] -eq ':0') { return }
    # An empty text, so that the shell does not complete files.
    if ($out.Count -eq 1) { return '' }
    $out | Select-Object -SkipLast 1 | ForEach-Object {
        $word, $help = $_.Split([char]9, 2)
        if (-not $help) { $help = $word }
        $text = $word
        # A name may contain characters that PowerShell would run.
        if ($word -notmatch '^[-/.:=+\w]+$') {
            $text = [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($word)
            $text = [string]::Concat([char]39, $text, [char]39)
        }
        [System.Management.Automation.CompletionResult]::new($text, $word, 'ParameterValue', $help)
    }
}
`
