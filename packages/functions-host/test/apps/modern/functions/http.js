import { app, HttpResponse } from '@azure/functions';
import * as df from 'durable-functions';

app.http('shoutHttp', {
  route: 'shout/{text}',
  methods: ['POST'],
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const id = await client.startNew('shout', { input: { text: request.params.text } });
    return client.waitForCompletionOrCreateCheckStatusResponse(request, id, {
      timeoutInMilliseconds: 5000,
      retryIntervalInMilliseconds: 10,
    });
  },
});
app.http('hello', { handler: () => new HttpResponse({ body: 'hello' }) });
