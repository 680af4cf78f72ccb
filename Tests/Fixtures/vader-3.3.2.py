#!/usr/bin/env python3
"""Writes vader-3.3.2.tsv: compound scores that the package vaderSentiment 3.3.2 computes for sentences made up here.

usage: vader-3.3.2.py > vader-3.3.2.tsv        (after pip install vaderSentiment==3.3.2)
"""

import random

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

WRITTEN = """
The delivery was late again and I am disappointed.
That sounds wonderful, thank you so much!
I love how easy this is.
I don't love how this works.
We are not happy with the new contract.
It isn't bad at all.
It was never so good as today.
I have never been this happy with a supplier.
Without a doubt the best offer we have had.
Without doubt a great result.
The price is fine, but the support is terrible.
The support is terrible, but the price is great!
The support is TERRIBLE, but the price is great!!!
That is VERY good news.
That is very GOOD news.
THAT IS VERY GOOD NEWS.
He was kind of helpful.
They were sort of annoyed about it.
She is a kind person.
It was just enough help.
At least it is not broken.
It is the least helpful answer so far.
This is the very least attractive offer.
Least useful meeting ever.
No problem, we can do that.
There is no hope for this project.
There was no joy or love in it.
No good reason nor great excuse was given.
No, thanks.
Yeah right, that will surely help a lot.
We waited at the bus stop and it was horrible.
This cake is to die for, honestly.
It was the kiss of death for the project.
That new demo is the bomb, everyone agreed.
Are you serious?? Is this a joke???
Are you really serious???? This hurts.
Great. Just great.
Hmm.
Let us go through the numbers for March.
The invoice has three lines and one date.
I am extremely worried, and quite frankly angry.
I am somewhat worried.
I am barely satisfied.
I hardly trust them any more.
They rarely succeed.
Nobody could be more grateful than we are.
What a lovely idea :)
What a pity :(
We won the deal!!!!!!
We lost the deal.
The results were poor, the mood was worse, and yet I hope.
It is good but it is good.
But I like it.
I like it, but
Can't complain, everything is perfect.
Shouldn't we celebrate this success?
He never really cared about our problems.
He said he would absolutely hate to lose us.
It was hardly a total disaster, but a failure.
So good, so very good!
This is so good that we want more.
I am so sorry for the trouble.
Honestly, this is so awful.
An incredibly nice, friendly and competent team.
A marginally better, if slightly boring, version.
Despite great effort we failed.
None of it was useful.
Neither nice nor useful.
"""

WORDS = """
good great happy love nice perfect win best hope trust thanks bad terrible awful hate sad angry problem fail worst
worry no not never don't isn't without doubt least at very really extremely slightly somewhat hardly kind of sort so
this but and the meeting price offer we it is was or nor GOOD BAD VERY NOT Really Nice
""".split()


def made(count):
    draw = random.Random(332)
    for _ in range(count):
        sentence = " ".join(draw.choice(WORDS) for _ in range(draw.randint(1, 14)))
        yield sentence + draw.choice(["", "", ".", "!", "!!", "?", "??", "?!?!"])


def main():
    analyzer = SentimentIntensityAnalyzer()
    for sentence in WRITTEN.strip().split("\n") + list(made(400)):
        print(f"{analyzer.polarity_scores(sentence)['compound']}\t{sentence}")


if __name__ == "__main__":
    main()
