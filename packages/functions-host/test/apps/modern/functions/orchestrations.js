// A function app in ES modules, spread over the files that package.json names with a glob.
import * as df from 'durable-functions';

df.app.activity('upper', { handler: (text) => text.toUpperCase() });
df.app.orchestration('shout', function* (context) {
  return yield context.df.callActivity('upper', context.df.getInput().text);
});
