//! Actors as they are written in a program that knows the face alone.

mod inner {
    use taskloom::prelude::*;

    /// Nothing here is public outside.
    struct Private {
        texts: Vec<String>,
    }

    #[actor(name = "texts", version = 2)]
    impl Private {
        pub(super) async fn open(first: &str) -> Result<Self, std::io::Error> {
            Ok(Self {
                texts: vec![first.to_owned()],
            })
        }

        pub(super) fn push(&mut self, text: String, r#type: Option<u8>) -> usize {
            self.texts.extend(r#type.map(|n| n.to_string()));
            self.texts.push(text);
            self.texts.len()
        }

        pub(super) async fn joined(&self, ctx: &TaskContext, by: &str) -> Result<String, String> {
            match ctx.is_cancelled() {
                true => Err("too late".into()),
                false => Ok(self.texts.join(by)),
            }
        }

        pub(super) fn pairs(&self, of: Vec<&String>) -> Vec<(String, u64)> {
            of.into_iter().map(|text| (text.clone(), 1)).collect()
        }
    }

    pub(super) async fn play(client: &Client) -> taskloom::Result<()> {
        let texts: Actor<Private> = client.actor(Private::open_actor("a").restart());
        assert_eq!(texts.push("b".into(), None).await?, 2);
        assert_eq!(texts.joined("+").await?, "a+b");
        let text = "x".to_owned();
        assert_eq!(texts.pairs(vec![&text, &text]).await?.len(), 2);
        let same = client.submit(length::task(&texts));
        assert_eq!(same.await?, 3);
        Ok(())
    }

    #[task]
    async fn length(texts: Actor<Private>) -> taskloom::Result<usize> {
        Ok(texts.joined("-").await?.len())
    }
}

#[tokio::test]
async fn actors_of_private_types_work() -> taskloom::Result<()> {
    let client = taskloom::local().await?;
    inner::play(&client).await
}
