// The same round trip with Stripe's Node SDK: prints what it saw as JSON.
//
// node tour.mjs PORT REFUND   (the port of a sandbox; a refund that waits for the shopper)
import { once } from "node:events";
import { createServer } from "node:http";
import Stripe from "stripe";

const [port, waitingRefund] = process.argv.slice(2);
const stripe = new Stripe("sk_test_tour", {
  host: "127.0.0.1",
  port,
  protocol: "http",
  telemetry: false,
});
const SHOP = "http://shop.test";
const ids = (list) => list.data.map(({ id }) => id);
const paid = (method = "pm_card_visa", more = {}) =>
  stripe.paymentIntents.create({
    amount: 1000,
    currency: "usd",
    payment_method: method,
    confirm: true,
    return_url: SHOP,
    ...more,
  });

const STOPS = {
  async customers() {
    const { customers, paymentMethods } = stripe;
    const { id } = await customers.create({ name: "Ann", email: "ann@node.test" });
    await customers.update(id, { metadata: { number: "7" } });
    const method = await paymentMethods.create({ type: "card", card: { token: "tok_visa" } });
    await paymentMethods.attach(method.id, { customer: id });
    return {
      number: (await customers.retrieve(id)).metadata.number,
      listed: ids(await customers.list({ email: "ann@node.test" })).includes(id),
      found: ids(await customers.search({ query: "email:'ann@node.test'" })).includes(id),
      saved: ids(await customers.listPaymentMethods(id)).includes(method.id),
      last4: (await customers.retrievePaymentMethod(id, method.id)).card.last4,
      deleted: (await customers.del(id)).deleted,
    };
  },

  async products_and_prices() {
    const { products, prices } = stripe;
    const tea = await products.create({ name: "Tea" });
    const { id } = await prices.create({ product: tea.id, unit_amount: 700, currency: "usd" });
    await products.update(tea.id, { description: "Green" });
    await prices.update(id, { nickname: "usual" });
    return {
      description: (await products.retrieve(tea.id)).description,
      listed: ids(await products.list({ active: true })).includes(tea.id),
      found: ids(await products.search({ query: "name:'Tea'" })).includes(tea.id),
      expanded: (await prices.retrieve(id, { expand: ["product"] })).product.name,
      nicknames: (await prices.list({ product: tea.id })).data.map((price) => price.nickname),
      priced: ids(await prices.search({ query: `product:'${tea.id}'` })).includes(id),
      deleted: (await products.del((await products.create({ name: "Unsold" })).id)).deleted,
    };
  },

  async payment_methods() {
    const { paymentMethods } = stripe;
    const { id } = await paymentMethods.create({
      type: "sepa_debit",
      sepa_debit: { iban: "DE89370400440532013000" },
      billing_details: { name: "Ann", email: "ann@node.test" },
    });
    const customer = (await stripe.customers.create()).id;
    await paymentMethods.attach(id, { customer });
    await paymentMethods.update(id, { metadata: { bank: "mine" } });
    return {
      bank: (await paymentMethods.retrieve(id)).metadata.bank,
      listed: ids(await paymentMethods.list({ customer })).includes(id),
      detached: (await paymentMethods.detach(id)).customer,
    };
  },

  async payment_intents() {
    const { paymentIntents } = stripe;
    const held = { amount: 1000, currency: "usd", capture_method: "manual" };
    const { id } = await paymentIntents.create(held);
    await paymentIntents.update(id, { metadata: { order_id: "n7" } });
    await paymentIntents.confirm(id, { payment_method: "pm_card_visa", return_url: SHOP });
    const captured = await paymentIntents.capture(id, { amount_to_capture: 400 });
    const found = await paymentIntents.search({ query: "metadata['order_id']:'n7'" });
    const declined = await paid("pm_card_chargeDeclined").catch((error) => error);
    return {
      received: captured.amount_received,
      order: (await paymentIntents.retrieve(id)).metadata.order_id,
      listed: ids(await paymentIntents.list()).includes(id),
      found: ids(found).includes(id),
      canceled: (await paymentIntents.cancel((await paymentIntents.create(held)).id)).status,
      declined: [declined.type, declined.statusCode, declined.code],
    };
  },

  async charges() {
    const { charges } = stripe;
    const intent = await paid("pm_card_visa", { capture_method: "manual" });
    const { id } = await charges.capture(intent.latest_charge);
    await charges.update(id, { description: "Tea" });
    return {
      description: (await charges.retrieve(id)).description,
      listed: ids(await charges.list({ payment_intent: intent.id })).includes(id),
      found: ids(await charges.search({ query: "amount:1000" })).includes(id),
    };
  },

  async refunds() {
    const { refunds } = stripe;
    const { id } = await refunds.create({ payment_intent: (await paid()).id, amount: 300 });
    return {
      why: (await refunds.update(id, { metadata: { why: "late" } })).metadata.why,
      refunded: (await refunds.retrieve(id, { expand: ["charge"] })).charge.amount_refunded,
      listed: ids(await refunds.list()).includes(id),
      canceled: (await refunds.cancel(waitingRefund)).status,
    };
  },

  async disputes() {
    const { disputes } = stripe;
    const { latest_charge: charge } = await paid("pm_card_createDispute");
    const [{ id }] = (await disputes.list({ charge })).data;
    const updated = await disputes.update(id, { metadata: { order_id: "7" } });
    const closed = await disputes.close(id);
    const { amount } = await disputes.retrieve(id);
    return { order: updated.metadata.order_id, closed: closed.status, amount };
  },

  async checkout_sessions() {
    const { sessions } = stripe.checkout;
    const price = { currency: "usd", unit_amount: 700, product_data: { name: "Tea" } };
    const { id } = await sessions.create({
      mode: "payment",
      line_items: [{ price_data: price, quantity: 2 }],
      success_url: SHOP,
    });
    const updated = await sessions.update(id, { metadata: { order_id: "9" } });
    return {
      order: updated.metadata.order_id,
      total: (await sessions.retrieve(id)).amount_total,
      items: (await sessions.listLineItems(id)).data.map((item) => item.description),
      listed: ids(await sessions.list({ status: "open" })).includes(id),
      expired: (await sessions.expire(id)).status,
    };
  },

  async balance_transactions() {
    await paid();
    const [{ id }] = (await stripe.balanceTransactions.list({ type: "charge" })).data;
    const { amount, fee, net } = await stripe.balanceTransactions.retrieve(id);
    return { adds_up: net === amount - fee };
  },

  async events_and_webhook_endpoints() {
    const { webhookEndpoints, events } = stripe;
    const shop = createServer();
    await new Promise((resolve) => shop.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${shop.address().port}/hook`;
    const endpoint = await webhookEndpoints.create({ url, enabled_events: ["charge.succeeded"] });
    const delivered = received(shop);
    await paid();
    const { body, signature } = await delivered;
    const event = stripe.webhooks.constructEvent(body, signature, endpoint.secret);
    const seen = {
      type: event.type,
      forged: refusal(() => stripe.webhooks.constructEvent(body, signature, "whsec_other")),
      retrieved: (await events.retrieve(event.id)).id === event.id,
      listed: ids(await events.list({ type: "charge.*" })).includes(event.id),
      shown: (await webhookEndpoints.retrieve(endpoint.id)).url === url,
      endpoints: ids(await webhookEndpoints.list()).includes(endpoint.id),
      updated: (await webhookEndpoints.update(endpoint.id, { disabled: true })).status,
      deleted: (await webhookEndpoints.del(endpoint.id)).deleted,
    };
    shop.close();
    return seen;
  },
};

async function received(server) {
  const [request, response] = await once(server, "request");
  const chunks = await request.toArray();
  response.writeHead(200, { Connection: "close" }).end();
  return { body: Buffer.concat(chunks), signature: request.headers["stripe-signature"] };
}

function refusal(attempt) {
  try {
    attempt();
  } catch (error) {
    return error.type;
  }
  return null;
}

const seen = {};
for (const [name, stop] of Object.entries(STOPS)) {
  seen[name] = await stop();
}
console.log(JSON.stringify(seen));
