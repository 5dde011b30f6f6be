import { scriptText } from './script-text.ts'

/** The script for fish. */
export const FISH = scriptText`# fish completion for acksm. To load it: acksm completion fish | source

function __acksm_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    # A login command of a kubeconfig must not read the keys of the user.
    set -l out (acksm __complete $words[2..-1] "$current" </dev/null 2>/dev/null)
    if test "$out[-1]" = :0
        set -l flag (string match -r -- '^--[^=]+=' "$current")
        for file in (__fish_complete_path (string replace -- "$flag" '' "$current"))
            echo -- "$flag$file"
        end
    else if set -q out[2]
        printf '%s\n' $out[1..-2]
    end
end

complete -c acksm -e
complete -c acksm -f -a '(__acksm_complete)'
`
