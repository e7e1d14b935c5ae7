import { COMMANDS, type CommandName, OPTIONS, type OptionDescription } from '../../options/optionTable.ts';
import { optionsOf, SUBJECT_WORDS } from './proposals.ts';
import { valueKind } from './valueKind.ts';

const NAMES = Object.keys(COMMANDS) as CommandName[];

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** As `_describe` takes it; a colon would end the term. */
function described(term: string, description: string): string {
  return quoted(`${term}:${description}`);
}

function valueBranch(option: OptionDescription): string[] {
  const value = valueKind(option);
  const label = `    --${option.name})`;
  switch (value.kind) {
    case 'switch':
      return [];
    case 'words':
      return [`${label} compadd -- ${value.words.join(' ')}; return ;;`];
    case 'file':
      return [`${label} _files; return ;;`];
    case 'directory':
      return [`${label} _files -/; return ;;`];
    case 'free':
      return [`${label} return ;;`];
  }
}

function commandBranch(command: CommandName): string {
  const options = optionsOf(command).map(({ name, description }) => described(`--${name}`, description));
  const subjects = SUBJECT_WORDS[command];
  const words = subjects === undefined ? '' : ` compadd -- ${subjects.join(' ')};`;
  const label = command === 'migrate' ? "''|migrate" : command;
  return `    ${label})${words} options=(${options.join(' ')}) ;;`;
}

/** The script of `mlflow-migrate completion zsh`, made of the table of options: to be sourced, or a file of $fpath named _mlflow-migrate. */
export function zshCompletion(): string {
  const commands = Object.entries(COMMANDS).map(([name, description]) => described(name, description));
  return `#compdef mlflow-migrate
# Completion of mlflow-migrate in zsh: source <(mlflow-migrate completion zsh), after compinit
_mlflow_migrate() {
  local -a commands options
  commands=(${commands.join(' ')})
  local command=\${words[(r)(${NAMES.join('|')})]}
  case \${words[CURRENT-1]} in
${OPTIONS.flatMap(valueBranch).join('\n')}
  esac
  case $command in
${NAMES.map(commandBranch).join('\n')}
  esac
  [[ -z $command ]] && _describe command commands
  _describe option options
}
if [[ \${funcstack[1]} == _mlflow-migrate ]]; then _mlflow_migrate "$@"; else compdef _mlflow_migrate mlflow-migrate; fi
`;
}
